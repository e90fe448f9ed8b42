import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Deltas")
struct DeltaTests {
    private let start = FileTime(seconds: 1_000)
    private let end = FileTime(seconds: 1_010)
    private let during = FileTime(seconds: 1_005)

    private func write(_ path: ByteString, _ text: ByteString, at time: FileTime) -> Delta.Entry {
        .init(path: TreePath(parsing: path), change: .write(.file(text), modified: time, linkedTo: nil))
    }

    private func times(_ entries: [Delta.Entry]) -> ContentHash {
        Delta(entries: entries).timesDigest(from: start, to: end)
    }

    @Test("times within the step count as now, whatever they are")
    func now() {
        #expect(times([write("a", "1", at: start)]) == times([write("a", "1", at: end)]))
        #expect(times([write("a", "1", at: start)]) == times([write("a", "1", at: during)]))
    }

    @Test("a time that was set on purpose counts as its value")
    func onPurpose() {
        let values: [FileTime] = [
            FileTime(seconds: 0), FileTime(seconds: 999, nanoseconds: 999_999_999),
            FileTime(seconds: 1_010, nanoseconds: 1),
            FileTime(seconds: -1), during,
        ]
        #expect(Set(values.map { times([write("a", "1", at: $0)]) }).count == values.count)
    }

    @Test("what is written counts, what it holds does not")
    func whatCounts() {
        #expect(times([write("a", "1", at: during)]) == times([write("a", "2", at: during)]))
        #expect(times([write("a", "1", at: during)]) != times([write("b", "1", at: during)]))
        #expect(times([write("a", "1", at: during)]) != times([]))
    }

    @Test("directories and deletions have no times")
    func directories() {
        let attributes = Attributes(mode: 0o755)
        let directory = Delta.Entry(
            path: TreePath(parsing: "d"),
            change: .directory(attributes, modified: FileTime(seconds: 1), isOpaque: false)
        )
        #expect(times([directory, .init(path: TreePath(parsing: "e"), change: .whiteout)]) == times([]))
    }

    @Test("two deltas are equal when all but the times within the step is")
    func equality() {
        let base = Delta(entries: [write("a", "1", at: during)])
        func digest(_ entries: [Delta.Entry]) -> ContentHash { Delta(entries: entries).digest(from: start, to: end) }
        #expect(base.digest(from: start, to: end) == digest([write("a", "1", at: start)]))
        let other = FileTime(seconds: 5_000)
        #expect(
            base.digest(from: start, to: end)
                == Delta(entries: [write("a", "1", at: other)]).digest(from: FileTime(seconds: 4_999), to: other)
        )
        let attributes = Attributes(mode: 0o755)
        let path = TreePath(parsing: "a")
        let different: [[Delta.Entry]] = [
            [],
            [write("a", "2", at: during)],
            [write("b", "1", at: during)],
            [write("a", "1", at: FileTime(seconds: 1))],
            [write("a", "1", at: during), write("b", "1", at: during)],
            [.init(path: path, change: .write(.file("1", mode: 0o600), modified: during, linkedTo: nil))],
            [.init(path: path, change: .write(.file("1"), modified: during, linkedTo: TreePath(parsing: "b")))],
            [.init(path: path, change: .whiteout)],
            [.init(path: path, change: .directory(attributes, modified: during, isOpaque: false))],
            [.init(path: path, change: .directory(attributes, modified: during, isOpaque: true))],
        ]
        #expect(Set(different.map(digest) + [base.digest(from: start, to: end)]).count == different.count + 1)
    }

    @Test("applied, it replaces kinds, empties opaque directories and joins hard links")
    func applied() throws {
        let trees = MemoryTrees()
        let before = try tree {
            file("file")
            file("dir/old")
            file("opaque/old")
            file("opaque/kept", "old")
            file("gone/x")
        }.tree(into: trees)
        let attributes = Attributes(mode: 0o700)
        let linked = Delta.Change.write(.file("l"), modified: during, linkedTo: TreePath(parsing: "dir"))
        let delta = Delta(entries: [
            write("dir", "l", at: during),
            .init(path: TreePath(parsing: "file"), change: .directory(attributes, modified: during, isOpaque: false)),
            .init(path: TreePath(parsing: "file/in"), change: linked),
            .init(path: TreePath(parsing: "gone"), change: .whiteout),
            .init(path: TreePath(parsing: "opaque"), change: .directory(attributes, modified: during, isOpaque: true)),
            write("opaque/kept", "new", at: during),
        ])
        let editor = try TreeEditor(before, source: trees)
        try editor.apply(delta)
        let wanted = tree {
            file("dir", "l")
            directory("file", mode: 0o700)
            hardLink("file/in", to: "dir")
            directory("opaque", mode: 0o700)
            file("opaque/kept", "new")
        }
        #expect(try editor.commit(into: trees) == wanted.tree(into: trees))
    }
}
