internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Testing
internal import Trees

/// A folder for one test, with a state root in it; removed with the test.
final class TemporaryRoot: Sendable {
    let folder: ByteString
    var path: ByteString { folder + "/root" }

    init() throws {
        var template = Array("/tmp/store-tests.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = ByteString(template.dropLast().map { UInt8(bitPattern: $0) })
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(Array(folder.bytes.dropFirst("/tmp/".utf8.count))))
    }

    /// Opens the root as a process of its own would: nothing of an earlier opening is in memory.
    func open(boot: UInt8? = nil) throws -> StateRoot {
        var options = StateRoot.Options()
        options.sharesConnection = false
        options.boot = boot.map { BootID(bytes: [UInt8](repeating: $0, count: 16)) }
        return try StateRoot(path: path, options: options)
    }

    var directory: Directory { get throws { try Directory.open(hostPath: path) } }

    /// Replaces what is in a file of the root.
    func overwrite(_ name: ByteString, with bytes: [UInt8]) throws {
        try directory.openBeneath(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(bytes)
    }

    func read(_ name: ByteString) throws -> [UInt8] {
        try directory.openBeneath(name, flags: O_RDONLY).readAll(limit: 1 << 24)
    }

    func names(_ folder: ByteString) throws -> [ByteString] { try directory.directoryBeneath(folder).names().sorted() }
}

/// A hash that stands for a text.
func hash(_ text: String) -> ContentHash { ContentHash(of: Array(text.utf8)) }

extension StateRoot {
    /// Commits a snapshot with one file in it.
    func makeSnapshot(_ text: String) throws -> SnapshotID {
        let pending = try snapshots.begin()
        try pending.fs.open("file", flags: O_WRONLY | O_CREAT, mode: 0o644).write(Array(text.utf8))
        return try pending.commit()
    }

    /// Stores a result of a step that wrote one file, with its snapshot and tree.
    @discardableResult
    func putStep(_ name: String, definition: String? = nil, content: String? = nil) throws -> StoredResult {
        let snapshot = try makeSnapshot(name)
        let made = NewDelta(snapshot: snapshot, isEmpty: false, digest: hash("delta of \(name)"))
        return try results.put(try newResult(name, definition: definition, content: content, delta: .made(made)))
    }

    func newResult(
        _ name: String,
        definition: String? = nil,
        content: String? = nil,
        delta: NewResult.DeltaOrigin
    ) throws -> NewResult {
        let entry = TreeEntry(.file(hash(name), size: UInt64(name.utf8.count)), Attributes(mode: 0o644))
        let object = try trees.put(DirectoryObject(children: [.init(name: ByteString(name), entry: entry)]))
        var new = NewResult(
            definitionKey: hash(definition ?? "definition of \(name)"),
            contentKey: hash(content ?? "content of \(name)"),
            operation: hash("operation of \(name)"),
            delta: delta,
            inputTree: hash("input"),
            inputTimes: hash("input times"),
            output: Tree(rootAttributes: Attributes(mode: 0o755), rootObject: object),
            outputTimes: hash("output times"),
            created: FileTime(seconds: 1_700_000_000, nanoseconds: 5)
        )
        new.record = Array("record of \(name)".utf8)
        new.description = ByteString("RUN \(name)")
        new.costNanoseconds = 12
        return new
    }
}

extension StoreError {
    static func thrown(by body: () throws -> Void) -> StoreError? {
        do { try body() } catch { return error as? StoreError }
        return nil
    }
}
