package import OCI
internal import Synchronization

/// Directory objects in memory: for tests, and for trees that live only as long as a build (a filtered selection).
package final class MemoryTrees: TreeSource, TreeSink {
    private let objects = Mutex<[ContentHash: DirectoryObject]>([:])
    private let base: (any TreeSource)?

    /// - Parameter base: where objects are looked for that were not put here.
    package init(over base: (any TreeSource)? = nil) {
        self.base = base
        _ = put(.empty)
    }

    @discardableResult
    package func put(_ object: DirectoryObject) -> ContentHash {
        let hash = object.hash
        objects.withLock { $0[hash] = object }
        return hash
    }

    package func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
        if let object = objects.withLock({ $0[hash] }) { return object }
        guard let base else { throw MissingDirectoryObject(hash: hash) }
        return try base.directoryObject(hash)
    }
}

/// A tree names a directory object that its source does not have.
package struct MissingDirectoryObject: Error, Sendable {
    package let hash: ContentHash
    package init(hash: ContentHash) { self.hash = hash }
    package var message: String { "the directory object \(hash) is missing from the store" }
}
