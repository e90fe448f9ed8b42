internal import Bytes
package import OCI

/// A whole file tree: the root's own attributes and its directory object.
///
/// A value; the objects are in a ``TreeSource``.
package struct Tree: Hashable, Sendable {
    package var rootAttributes: Attributes
    package var rootObject: ContentHash

    package init(rootAttributes: Attributes, rootObject: ContentHash) {
        self.rootAttributes = rootAttributes
        self.rootObject = rootObject
    }

    /// The tree of `FROM scratch`: an empty directory, 0755 of root.
    package static let empty = Tree(rootAttributes: Attributes(mode: 0o755), rootObject: DirectoryObject.empty.hash)

    /// What the tree is, in one value: equal digests mean equal trees (Docs/Keys.md, "What a tree covers").
    package var digest: ContentHash {
        var encoder = CanonicalEncoder(domain: "tree.1")
        rootAttributes.encode(into: &encoder)
        encoder.append(rootObject)
        return encoder.hash
    }

    /// The root as an entry, as a parent would list it.
    package var rootEntry: TreeEntry { TreeEntry(.directory(rootObject), rootAttributes) }
}

/// Where directory objects are read from: the store, or memory in tests.
package protocol TreeSource: Sendable {
    /// - Throws: an error of the source when the object is not there or cannot be read.
    func directoryObject(_ hash: ContentHash) throws -> DirectoryObject
}

/// Where new directory objects go.
///
/// An object may be put twice.
package protocol TreeSink {
    func put(_ object: DirectoryObject) throws -> ContentHash
}

extension TreeSource {
    /// The entry at a path, no link followed on the way; nil if there is none.
    package func entry(at path: TreePath, in tree: Tree) throws -> TreeEntry? {
        var entry = tree.rootEntry
        for name in path.components {
            guard case .directory(let hash) = entry.node else { return nil }
            guard let next = try directoryObject(hash)[name] else { return nil }
            entry = next
        }
        return entry
    }
}
