import BuildEngine
import Bytes
import Glibc
import OCI
import Testing

/// The images of a store by the library's face: what is put there by builds and by archives.
@Suite("An engine's images", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct ImageTests {
    let project: Project
    let engine: Engine

    init() throws {
        project = try Project()
        engine = try project.engine()
    }

    private func build(_ dockerfile: String, _ names: String...) async throws -> Digest {
        try project.write("Dockerfile", dockerfile)
        var request = BuildRequest(context: ByteString(project.context))
        request.names = try names.map { try Reference($0) }
        return try #require(try await engine.build(request).configDigest)
    }

    @Test("pass filters, each of which must hold, but for references, of which one suffices")
    func filters() async throws {
        let a = try await build("FROM scratch\nLABEL kind=a\nCOPY Dockerfile /", "a:1", "x/a:2")
        let b = try await build("FROM scratch\nLABEL kind=b other=\nCOPY Dockerfile /b", "b:1")
        let none = try await build("FROM scratch\nLABEL kind=c\nCOPY Dockerfile /c")
        func ids(_ filters: ImageFilter...) async throws -> Set<Digest> {
            Set(try await engine.images(matching: filters).map(\.id))
        }
        #expect(try await ids() == [a, b, none])
        #expect(try await ids(.dangling(true)) == [none])
        #expect(try await ids(.dangling(false)) == [a, b])
        #expect(try await ids(.label("kind", value: nil), .label("other", value: nil)) == [b])
        #expect(try await ids(.label("kind", value: "a")) == [a])
        #expect(try await ids(.withoutLabel("kind", value: "a")) == [b, none])
        #expect(try await ids(.reference("b"), .reference("*/a")) == [a, b])
        #expect(try await ids(.reference("a:2")).isEmpty)
        #expect(try await ids(.before("a:1")).contains(b) == false)
        #expect(try await ids(.since("b:1")).contains(a) == false)
        #expect(try await ids(.until(.epoch)).isEmpty)
        let named = try await engine.images(matching: [.reference("x/*")])
        #expect(named.map { $0.names.map(\.familiar) } == [["x/a:2"]])
        await #expect(throws: BuildFailure.self) { try await engine.images(matching: [.before("nope")]) }
        await #expect(throws: BuildFailure.self) { try await engine.images(matching: [.reference("[")]) }
    }

    @Test("tell what became of a name: untagged, or deleted with the last")
    func removals() async throws {
        let id = try await build("FROM scratch\nCOPY Dockerfile /", "a:1", "a:2")
        let (one, two) = (try Reference("a:1"), try Reference("a:2"))
        #expect(try await engine.remove("a:1") == [.untagged(one)])
        try await engine.tag("a:2", as: one)
        await #expect(throws: BuildFailure.self) { try await engine.remove(ByteString(id.hex)) }
        #expect(try await engine.remove("a:1") == [.untagged(one)])
        #expect(try await engine.remove(ByteString(id.hex)) == [.untagged(two), .deleted(id)])
        #expect(try await engine.images().isEmpty)
        await #expect(throws: BuildFailure.self) { try await engine.remove("a:2") }
        // The layer is cache: the image is there again without a step.
        let again = try await build("FROM scratch\nCOPY Dockerfile /", "a:1")
        #expect(again == id)
    }

    @Test("keep what their layers' files and links take, also when they come from an archive")
    func sizes() async throws {
        try project.write("f", "0123456789")
        _ = try await build("FROM scratch\nCOPY f /f\nCOPY f /g", "a")
        #expect(try await engine.images().map(\.size) == [20])
        #expect(try await engine.history("a").map(\.size) == [10, 10])
        let tar = ByteString(project.tar)
        try await engine.save(["a"], to: tar)
        let other = try Engine(stateRoot: ByteString(project.path + "/other"))
        let loaded = try await other.load(from: tar)
        #expect(loaded.map(\.names) == [[try Reference("a")]])
        #expect(try await other.images().map(\.size) == [20])
        #expect(try await other.inspect("a").config == engine.inspect("a").config)
    }
}
