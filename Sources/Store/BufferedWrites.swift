/// A transaction of the index together with what waits for one: directory objects and rows of blobs.
final class BufferedWrites: Sendable {
    private let index: IndexDatabase
    private let trees: TreeStore
    private let content: ContentStore

    init(index: IndexDatabase, trees: TreeStore, content: ContentStore) {
        self.index = index
        self.trees = trees
        self.content = content
    }

    /// All of it is kept, or nothing where an error is thrown; what waited then waits on.
    func write<Value>(_ doing: String, _ body: (IndexSession) throws -> Value) throws(StoreError) -> Value {
        let objects = trees.pending
        let blobs = content.unrecorded
        let value = try index.write(doing) { session in
            try trees.write(objects, in: session)
            try content.write(blobs, in: session)
            return try body(session)
        }
        trees.didWrite(objects)
        content.didWrite(blobs)
        return value
    }

    /// Writes what waits, if anything does.
    func flush() throws(StoreError) {
        guard !trees.pending.isEmpty || !content.unrecorded.isEmpty else { return }
        try write("storing what waits") { _ in }
    }
}
