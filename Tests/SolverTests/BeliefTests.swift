import Bytes
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

/// When a row found by definition is right (`cache.md` rule 5), and what `--no-cache` means (rule 7).
@Suite("Belief in earlier results")
struct BeliefTests {
    private let world = MemoryWorld()

    @Test("a row is not believed once the step before it ran again and came to something else")
    func rerunThenFailure() async throws {
        let dockerfile: ByteString = "FROM scratch\nRUN random a\nRUN copy a b"
        let first = try await world.build(dockerfile)
        // The first step runs again and is kept, then the build ends in the second.
        await #expect(throws: StepFailure.self) {
            try await world.build(dockerfile) { build in
                build.ignoresCache = true
                build.hook = { job in if job.vertex.name.hasSuffix("b") { throw ToyFailure(command: "disk full") } }
            }
        }
        let third = try await world.build(dockerfile)
        #expect(third.executed == ["RUN copy a b"])
        #expect(third.files.file(at: TreePath(parsing: "a")) == third.files.file(at: TreePath(parsing: "b")))
        #expect(third.tree != first.tree)
        #expect(try await world.build(dockerfile).executed == [])
    }

    @Test("a row is not believed after a row above it was lost and came to something else")
    func lostRow() async throws {
        let dockerfile: ByteString = "FROM scratch\nRUN random a\nRUN copy a b\nRUN digest c"
        _ = try await world.build(dockerfile)
        for lost in 0..<3 {
            world.results.forget { $0 == lost }
            let again = try await world.build(dockerfile)
            #expect(again.files.file(at: TreePath(parsing: "a")) == again.files.file(at: TreePath(parsing: "b")))
        }
    }

    @Test("a changed mtime above is no hit by definition either")
    func timesAreCompared() async throws {
        let dockerfile: ByteString = "FROM scratch\nRUN flip\nRUN modified a b"
        func program(_ seconds: Int64) -> MemoryExecutor.Program {
            { step, process in
                guard step.arguments.last == "flip" else { return try MemoryExecutor.toyShell(step, &process) }
                process.write(TreePath(parsing: "a"), "x", at: FileTime(seconds: seconds))
            }
        }
        let first = try await world.build(dockerfile) { $0.program = program(10) }
        world.results.forget { _ in true }
        _ = try await world.build("FROM scratch\nRUN flip") { $0.program = program(20) }
        let second = try await world.build(dockerfile) { $0.program = program(20) }
        #expect(second.executed == ["RUN modified a b"])
        #expect(first.tree != second.tree)
    }

    @Test("--no-cache runs every step once and puts new rows in place of the old")
    func noCache() async throws {
        let dockerfile: ByteString = "FROM scratch\nCOPY f /f\nRUN random a\nRUN copy a b"
        let context = tree { file("f") }
        let first = try await world.build(dockerfile, context: context)
        let second = try await world.build(dockerfile, context: context) { $0.ignoresCache = true }
        #expect(second.executed == ["COPY f /f", "RUN copy a b", "RUN random a"])
        #expect(second.cached == [:])
        #expect(second.tree != first.tree)
        let third = try await world.build(dockerfile, context: context)
        #expect(third.executed == [])
        #expect(third.tree == second.tree)
        #expect(third.layers == second.layers)
    }

    @Test("--no-cache runs a step twice that stands in two stages")
    func noCacheTwice() async throws {
        let dockerfile: ByteString = """
            FROM scratch AS a
            RUN write x 1
            FROM scratch AS b
            RUN write x 1
            FROM scratch
            COPY --from=a /x /a
            COPY --from=b /x /b
            """
        let image = try await world.build(dockerfile) { $0.ignoresCache = true }
        #expect(image.executed.filter { $0 == "RUN write x 1" }.count == 2)
    }

    @Test("a build argument reaches the keys of the RUNs after its ARG, and of no others")
    func buildArguments() async throws {
        let dockerfile: ByteString = """
            FROM scratch
            RUN digest before
            ARG VERSION
            COPY f /f
            RUN digest after
            """
        let context = tree { file("f") }
        _ = try await world.build(dockerfile, context: context) { $0.buildArguments = ["VERSION": "1"] }
        let other = try await world.build(dockerfile, context: context) { $0.buildArguments = ["VERSION": "2"] }
        #expect(other.executed == ["RUN digest after"])
        let more = try await world.build(dockerfile, context: context) {
            $0.buildArguments = ["VERSION": "2", "UNKNOWN": "x"]
        }
        #expect(more.executed == [])
    }

    @Test("a proxy that is not declared reaches the process but no key; a declared one reaches both")
    func proxies() async throws {
        let seen: MemoryExecutor.Program = { step, process in
            process.write(
                TreePath(parsing: "seen"),
                (step.environment + step.unkeyedEnvironment).joined(separator: " ")
            )
        }
        func dockerfile(_ declaration: ByteString) -> ByteString { "FROM scratch\n" + declaration + "RUN go" }
        func run(_ declaration: ByteString, _ proxy: ByteString) async throws -> MemoryBuild.Image {
            try await world.build(dockerfile(declaration)) { build in
                build.program = seen
                build.buildArguments = ["HTTP_PROXY": proxy]
            }
        }
        let first = try await run("", "http://one")
        let text = try #require(first.files.file(at: TreePath(parsing: "seen")))
        if case .file(let hash, _) = text.node {
            #expect(world.contents[hash]?.text.contains("HTTP_PROXY=http://one") == true)
        }
        #expect(try await run("", "http://two").executed == [])
        #expect(try await run("ARG HTTP_PROXY\n", "http://one").executed == ["RUN go"])
        #expect(try await run("ARG HTTP_PROXY\n", "http://two").executed == ["RUN go"])
        #expect(try await run("ARG HTTP_PROXY\n", "http://two").executed == [])
    }
}
