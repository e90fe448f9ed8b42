package import Bytes
internal import Crypto

/// A SHA-256 value as 32 bytes, for the many places that hold one per file or directory.
///
/// A ``Digest`` names its algorithm and is what documents carry; a `ContentHash` is its compact form inside the engine.
package struct ContentHash: Hashable, Sendable, Comparable {
    /// The value as four big-endian words, so that comparing words compares bytes.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    @inlinable package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// The hash whose 32 bytes are given, or nil for another length.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var parts: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() { parts[index / 8] = parts[index / 8] << 8 | UInt64(byte) }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// The hash of some bytes.
    package init(of bytes: [UInt8]) {
        var hasher = ContentHasher()
        hasher.update(bytes)
        self = hasher.finalize()
    }

    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return result
    }

    /// 64 lower-case hexadecimal characters.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    @inlinable package static func == (left: ContentHash, right: ContentHash) -> Bool { left.words == right.words }

    @inlinable package static func < (left: ContentHash, right: ContentHash) -> Bool { left.words < right.words }

    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ContentHash: CustomStringConvertible {
    package var description: String { "sha256:" + hex }
}

/// Hashes bytes as they come, with the processor's instructions where it has them.
package struct ContentHasher {
    private var hasher = SHA256()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) } }

    package func finalize() -> ContentHash {
        let digest = hasher.finalize()
        return digest.withUnsafeBytes { raw in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return ContentHash(words: (word(0), word(1), word(2), word(3)))
        }
    }
}

/// Writes the canonical encoding that keys and directory objects are hashed from: every field has its length before
/// it, so that no crafted name can be read as another field, and every encoding starts with a domain.
package struct CanonicalEncoder {
    package private(set) var bytes: [UInt8] = []

    /// - Parameter domain: what is encoded and the version of its form, such as `tree.directory.1`.
    package init(domain: String) { append(ByteString(domain)) }

    package mutating func append(_ value: ByteString) {
        append(UInt64(value.bytes.count))
        bytes += value.bytes
    }

    package mutating func append(_ value: String) { append(ByteString(value)) }

    package mutating func append(_ value: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func append(_ value: Int64) { append(UInt64(bitPattern: value)) }

    package mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func append(_ value: UInt8) { bytes.append(value) }

    package mutating func append(_ value: ContentHash) { bytes += value.bytes }

    /// An optional value: a byte that says whether it is there, then the value.
    package mutating func append(_ value: ByteString?) {
        append(value != nil)
        if let value { append(value) }
    }

    package mutating func append(_ values: [ByteString]) {
        append(UInt64(values.count))
        for value in values { append(value) }
    }

    package var hash: ContentHash { ContentHash(of: bytes) }
}
