import Bytes
import Graph
import Solver
import TestSupport
import Testing

/// What comes from elsewhere counts by its content, whatever it is called.
@Suite("Sources that are elsewhere")
struct RemoteSourceTests {
    private let world = MemoryWorld()

    private func build(_ word: ByteString, at place: ByteString, _ files: FileModel) async throws -> MemoryBuild.Image {
        var build = MemoryBuild("FROM scratch\nADD " + word + " /d/\nRUN digest out")
        build.contexts[place] = files
        return try await build.run(in: world)
    }

    @Test("a file of another URL with the same name and content is the same step; other content or another name is not")
    func files() async throws {
        let one = tree { file("f", "1") }
        #expect(try await build("http://a/f", at: "http://a/f", one).executed.count == 2)
        let moved = try await build("https://b/x/f?y", at: "https://b/x/f?y", one)
        #expect(moved.executed == [])
        #expect(Set(moved.cached.values) == [.unchanged])
        #expect(try await build("http://a/f", at: "http://a/f", tree { file("f", "2") }).executed.count == 2)
        #expect(try await build("http://a/g", at: "http://a/g", tree { file("g", "1") }).executed.count == 2)
    }

    @Test("of a repository only the directory that is taken counts")
    func directories() async throws {
        let word: ByteString = "git://h/r#main:d"
        let first = try await build(
            word,
            at: "git://h/r",
            tree {
                file("d/f", "1"); file("other", "1")
            }
        )
        #expect(first.executed.count == 2)
        #expect(first.opened == ["clone git://h/r#main", "scratch"])
        let second = try await build(
            word,
            at: "git://h/r",
            tree {
                file("d/f", "1"); file("other", "2")
            }
        )
        #expect(second.executed == [])
        #expect(try await build(word, at: "git://h/r", tree { file("d/f", "2") }).executed.count == 2)
    }
}
