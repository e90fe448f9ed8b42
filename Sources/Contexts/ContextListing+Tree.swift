internal import Bytes
internal import Glibc
internal import Linux
package import OCI
internal import Synchronization
package import Trees

extension ContextListing: TreeSource {
    /// The context as a tree.
    ///
    /// Owners are 0:0 and there are no extended attributes, as BuildKit sends files.
    ///
    /// The listing itself is the source of the tree's objects: they are made when they are asked for. ``store(_:into:)``
    /// gives those to a store that a result needs.
    package func tree() -> Tree {
        state.withLock { state in
            state.computeObjects()
            let attributes = Attributes(mode: rootRecord.mode)
            return Tree(rootAttributes: attributes, rootObject: state.object(of: 0))
        }
    }

    /// The object of a directory of a tree that ``tree()`` gave since the last file was hashed.
    package func directoryObject(_ hash: ContentHash) throws -> DirectoryObject {
        if hash == DirectoryObject.empty.hash { return .empty }
        let object = state.withLock { state in
            state.numbers[hash].map { number in state.directories[number].directoryObject { state.object(of: $0) } }
        }
        guard let object else { throw MissingDirectoryObject(hash: hash) }
        return object
    }

    /// Puts the objects of the directory at a path and of all below it into a sink; nothing for other entries.
    package func store(_ path: TreePath = .root, into sink: some TreeSink) throws {
        let objects = state.withLock { state -> [DirectoryObject] in
            state.computeObjects()
            guard case .directory(let start) = state.find(path) else { return [] }
            var pending = [start]
            var objects: [DirectoryObject] = []
            while let number = pending.popLast() {
                objects.append(state.directories[number].directoryObject { state.object(of: $0) })
                for record in state.directories[number].records where record.kind == .directory {
                    pending.append(Int(record.first))
                }
            }
            return objects
        }
        // Those below first, so that a sink never has an object whose children it lacks.
        for object in objects.reversed() { _ = try sink.put(object) }
    }
}

extension ContextListing.State {
    func object(of number: Int) -> ContentHash { directories[number].object ?? DirectoryObject.empty.hash }

    /// Computes the objects that are missing, those of lower directories first: children have higher numbers.
    mutating func computeObjects() {
        if directories[0].object != nil && !numbers.isEmpty { return }
        for number in directories.indices.reversed() where directories[number].object == nil {
            let object = directories[number].directoryObject { self.object(of: $0) }
            directories[number].object = object.hash
            directories[number].isComplete = directories[number].records.allSatisfy { record in
                switch record.kind {
                case .file: record.flags.contains(.hashed)
                case .directory: directories[Int(record.first)].isComplete
                default: true
                }
            }
        }
        numbers = [:]
        for number in directories.indices { numbers[object(of: number)] = number }
    }
}

// What is done once with what a scan found.
extension ContextListing {
    /// Removes ignored directories that were entered for a rule with `!` and hold nothing that it takes in.
    static func dropEmptyIgnored(_ directories: inout [DirectoryListing]) {
        for number in directories.indices.reversed() {
            let hasIgnored = directories[number].records.contains { $0.flags.contains(.onlyForChildren) }
            guard hasIgnored else { continue }
            let kept = directories[number].records.filter { record in
                !record.flags.contains(.onlyForChildren) || !directories[Int(record.first)].records.isEmpty
            }
            directories[number].records = kept
        }
    }

    /// Takes the objects of directories in which the index has everything as it is.
    static func takeKnownObjects(_ directories: inout [DirectoryListing]) {
        for number in directories.indices.reversed() {
            guard let known = directories[number].known, known.count == directories[number].records.count else {
                continue
            }
            let isSame = directories[number].records.allSatisfy { record in
                record.flags.contains(.known)
                    && (record.kind != .directory || directories[Int(record.first)].object != nil)
            }
            guard isSame, let hash = known.hash else { continue }
            directories[number].object = hash
            directories[number].isComplete = known.isComplete
        }
    }

    /// Finds files with several names in the context.
    ///
    /// Each directory that holds such names in more than one of its children lists the first name in each of them.
    static func findLinkSets(_ directories: inout [DirectoryListing]) {
        struct File: Hashable {
            var device: UInt64
            var inode: UInt64
        }
        var places: [File: [(directory: Int, name: ByteString)]] = [:]
        for (number, listing) in directories.enumerated() {
            for record in listing.records where record.flags.contains(.linked) {
                let file = File(device: record.device, inode: record.inode)
                places[file, default: []].append((number, listing.name(of: record)))
            }
        }
        for members in places.values where members.count > 1 {
            var firsts: [Int: [ByteString: ByteString]] = [:]
            for member in members {
                var number = member.directory
                var child = member.name
                var path = member.name
                while number >= 0 {
                    firsts[number, default: [:]][child] = min(firsts[number]?[child] ?? path, path)
                    child = directories[number].name
                    path = child + "/" + path
                    number = directories[number].parent
                }
            }
            for (number, paths) in firsts where paths.count > 1 {
                directories[number].linkSets.append(paths.values.sorted())
            }
        }
    }
}
