public import Bytes

/// A content address: an algorithm and the hexadecimal hash of some bytes (OCI image-spec 1.1, "Descriptor", Digests).
///
/// Only the two registered algorithms and their exact lengths in lower case are accepted, so a digest is always safe
/// as a file name or in a URL.
public struct Digest: Hashable, Sendable {
    /// A hash function that the specification registers.
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case sha256
        case sha512

        /// How many hexadecimal digits its hashes have.
        public var hexLength: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    /// The function that made the hash.
    public let algorithm: Algorithm
    /// The hash in lower-case hexadecimal digits.
    public let hex: String

    /// - Throws: `OCIError.malformedDigest` for an unknown algorithm, or for hex of another length or case.
    public init(_ text: some StringProtocol) throws(OCIError) { try self.init(ByteString(Array(text.utf8))) }

    /// - Throws: `OCIError.malformedDigest` for an unknown algorithm, or for hex of another length or case.
    public init(_ text: ByteString) throws(OCIError) {
        let found = Algorithm.allCases.first { text.hasPrefix(ByteString($0.rawValue + ":")) }
        guard let found else { throw .malformedDigest(text) }
        let digits = text.bytes.dropFirst(found.rawValue.utf8.count + 1)
        guard digits.count == found.hexLength, digits.allSatisfy(ASCII.isHexDigit) else { throw .malformedDigest(text) }
        algorithm = found
        hex = String(decoding: digits, as: UTF8.self)
    }

    /// The same address as a compact hash.
    package init(_ hash: ContentHash) {
        algorithm = .sha256
        hex = hash.hex
    }

    /// The address of some bytes.
    package init(of bytes: [UInt8], algorithm: Algorithm = .sha256) {
        var hasher = DigestHasher(algorithm)
        hasher.update(bytes)
        self = hasher.finalize()
    }

    /// The address that has a hash, which has as many bytes as the algorithm gives.
    init(algorithm: Algorithm, hash: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in hash { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        self.algorithm = algorithm
        hex = String(decoding: text, as: UTF8.self)
    }

    /// The compact form; nil for other algorithms than SHA-256.
    package var contentHash: ContentHash? {
        guard algorithm == .sha256 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex.utf8 {
            let value = digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return ContentHash(bytes)
    }
}

extension Digest: CustomStringConvertible, Comparable {
    /// `sha256:` and the hash, as documents hold it.
    public var description: String { algorithm.rawValue + ":" + hex }

    /// The order of the texts.
    public static func < (left: Digest, right: Digest) -> Bool {
        (left.algorithm.rawValue, left.hex) < (right.algorithm.rawValue, right.hex)
    }
}
