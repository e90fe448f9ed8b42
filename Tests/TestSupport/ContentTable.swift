package import Bytes
package import OCI
internal import Synchronization

/// The contents of files by their hash, for all trees of a test.
package final class ContentTable: Sendable {
    private let texts = Mutex<[ContentHash: ByteString]>([:])

    package init() {}

    package func keep(_ text: ByteString) { texts.withLock { $0[ContentHash(of: text.bytes)] = text } }

    package subscript(hash: ContentHash) -> ByteString? { texts.withLock { $0[hash] } }
}
