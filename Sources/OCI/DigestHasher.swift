internal import Crypto

/// Computes a ``Digest`` of bytes as they come, by the algorithm that a descriptor asks for.
package struct DigestHasher {
    private enum State {
        case sha256(ContentHasher)
        case sha512(SHA512)
    }

    private var state: State

    package init(_ algorithm: Digest.Algorithm = .sha256) {
        state =
            switch algorithm {
            case .sha256: .sha256(ContentHasher())
            case .sha512: .sha512(SHA512())
            }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hasher):
            hasher.update(bytes)
            state = .sha256(hasher)
        case .sha512(var hasher):
            hasher.update(bufferPointer: bytes)
            state = .sha512(hasher)
        }
    }

    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The digest of all bytes so far.
    package func finalize() -> Digest {
        switch state {
        case .sha256(let hasher): Digest(hasher.finalize())
        case .sha512(let hasher): Digest(algorithm: .sha512, hash: hasher.finalize())
        }
    }
}
