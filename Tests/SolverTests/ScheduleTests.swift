import Bytes
import Dockerfile
import Graph
import OCI
import Solver
import Synchronization
import TestSupport
import Testing
import Trees

@Suite("Schedule")
struct ScheduleTests {
    private let world = MemoryWorld()

    /// Lets callers go on once so many have come.
    private final class Meeting: Sendable {
        private let state = Mutex<(left: Int, waiting: [CheckedContinuation<Void, Never>])>((0, []))

        init(of count: Int) { state.withLock { $0.left = count } }

        func wait() async {
            await withCheckedContinuation { continuation in
                let free = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                    state.left -= 1
                    state.waiting.append(continuation)
                    guard state.left <= 0 else { return [] }
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for continuation in free { continuation.resume() }
            }
        }
    }

    @Test("independent stages run side by side", .timeLimit(.minutes(20)))
    func sideBySide() async throws {
        var build = MemoryBuild(
            """
            FROM scratch AS a
            RUN write a 1
            FROM scratch AS b
            RUN write b 1
            FROM scratch AS c
            RUN write c 1
            FROM scratch
            COPY --from=a /a /a
            COPY --from=b /b /b
            COPY --from=c /c /c
            """
        )
        // One after the other would wait here for ever.
        let meeting = Meeting(of: 3)
        build.hook = { job in if job.vertex.name.contains("RUN") { await meeting.wait() } }
        let image = try await build.run(in: world)
        #expect(image.executed.count == 6)
    }

    @Test("the same step in two stages runs once", .timeLimit(.minutes(20)))
    func sameStep() async throws {
        var build = MemoryBuild(
            """
            FROM scratch AS a
            RUN write x 1
            FROM scratch AS b
            RUN write x 1
            FROM scratch
            COPY --from=a /x /a
            COPY --from=b /x /b
            """
        )
        build.hook = { _ in for _ in 0..<100 { await Task.yield() } }
        let image = try await build.run(in: world)
        #expect(image.executed.filter { $0 == "RUN write x 1" }.count == 1)
        #expect(image.cached["RUN write x 1"] == .sameInputs)
        // The one that waited is known by definition, too.
        #expect(Set(try await build.run(in: world).cached.values) == [.unchanged])
    }

    @Test("a step that fails names its vertex, stops the others, and nothing after it runs", .timeLimit(.minutes(20)))
    func failure() async throws {
        var build = MemoryBuild(
            """
            FROM scratch AS a
            RUN fail now
            RUN write never 1
            FROM scratch AS b
            RUN write long 1
            FROM scratch
            COPY --from=a /x /
            COPY --from=b /long /
            """
        )
        let meeting = Meeting(of: 2)
        let stopped = Mutex(false)
        let ran = Mutex<[String]>([])
        build.hook = { job in
            ran.withLock { $0.append(MemoryBuild.plainName(job.vertex.name)) }
            await meeting.wait()
            guard job.vertex.name.contains("long") else { return }
            do { try await Task.sleep(for: .seconds(3600)) } catch {
                stopped.withLock { $0 = true }
                throw error
            }
        }
        let failure = await #expect(throws: StepFailure.self) { _ = try await build.run(in: world) }
        #expect(failure?.vertex.name == "[a 1/2] RUN fail now")
        #expect(failure?.vertex.range?.first == 2)
        #expect(failure?.underlying as? ToyFailure == ToyFailure(command: "fail now"))
        #expect(stopped.withLock { $0 })
        #expect(ran.withLock { $0 }.sorted() == ["RUN fail now", "RUN write long 1"])
    }

    @Test("a source that is missing fails the step that reads it, with its place")
    func missingSource() async throws {
        let build = MemoryBuild("FROM scratch\nRUN write a 1\nCOPY none /x")
        let failure = await #expect(throws: StepFailure.self) { _ = try await build.run(in: world) }
        #expect(failure?.underlying as? SelectionError == .notFound("none"))
        #expect(failure?.vertex.range?.first == 3)
    }

    @Test("all files that steps name and the context does not have are told at once", .timeLimit(.minutes(20)))
    func missingSources() async throws {
        var context = FileModel()
        context.makeDirectory(TreePath(parsing: "dir"), Attributes(mode: 0o755))
        context.makeDirectory(TreePath(parsing: "dir/a"), Attributes(mode: 0o755))
        var build = MemoryBuild(
            """
            FROM scratch
            RUN write a 1
            COPY a? none /x/
            RUN write b 1
            COPY --exclude=b nothing never /y/
            COPY dirr/a /z
            """,
            context: context
        )
        build.hook = { _ in try await Task.sleep(for: .seconds(3600)) }
        let failure = await #expect(throws: StepFailure.self) { _ = try await build.run(in: world) }
        let failures = ([failure].compactMap { $0 }) + (failure?.others ?? [])
        #expect(failures.map(\.vertex.range?.first) == [3, 5, 5, 6])
        #expect(
            failures.map { $0.underlying as? SelectionError } == [
                .notFound("none"), .notFound("nothing"), .notFound("never"), .notFound("dirr/a", nearest: "dir/a"),
            ]
        )
    }

    @Test("a cancelled build ends as cancelled, not as failed", .timeLimit(.minutes(20)))
    func cancelled() async throws {
        var build = MemoryBuild("FROM scratch\nRUN write a 1")
        let meeting = Meeting(of: 2)
        build.hook = { _ in
            await meeting.wait()
            try await Task.sleep(for: .seconds(3600))
        }
        let task = Task { [build] in try await build.run(in: world) }
        await meeting.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test("a source that nothing reads is never opened")
    func unreadSource() async throws {
        let image = try world.image("base", tree { file("a") })
        var build = MemoryBuild("FROM base\nENV a=b\nCMD x")
        build.images = ["base": .image(image)]
        let result = try await build.run(in: world)
        #expect(result.opened == [])
        #expect(result.config.history.count == 3)
        build.dockerfile = "FROM base\nENV a=b\nWORKDIR /x"
        #expect(try await build.run(in: world).opened == ["FROM base"])
    }

    @Test("of a graph only what the image is made of is solved")
    func strayVertices() async throws {
        let build = MemoryBuild("FROM scratch\nRUN write x 1")
        var graph = try await build.lower().graph
        let stray = Vertex(
            id: VertexID(graph.vertices.count),
            operation: .run(ProcessStep(arguments: ["fail"])),
            inputs: [],
            name: "stray",
            range: nil
        )
        graph.vertices.append(stray)
        let executor = MemoryExecutor(world: world, contexts: [:])
        let outcomes = try await BuildSolver(graph: graph, executor: executor, results: world.results) { _ in }.solve()
        #expect(outcomes[stray.id] == nil)
        #expect(executor.executed.count == 1)
    }

    @Test("a stage that the target does not need does not run")
    func unneededStage() async throws {
        let build = MemoryBuild("FROM scratch AS a\nRUN fail\nFROM scratch\nRUN write x 1")
        #expect(try await build.run(in: world).executed == ["RUN write x 1"])
    }
}
