import Bytes
import Contexts
import Glibc
import Graph
import Linux
import OCI
import Store
import Testing
import Trees

@testable import Execution
@testable import Solver

/// Steps done for real, without a Dockerfile: base images and file operations.
@Suite("The executor of this machine", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct LocalExecutorTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// One build: what it needs, opened as a process of its own would.
    private struct Build {
        let store: StateRoot
        let deltas: DeltaTable
        let executor: LocalExecutor
        let inputs: BuildInputs
    }

    private func build(_ named: [ByteString: BuildInputs.Named] = [:], checksTrees: Bool = true) throws -> Build {
        let store = try scratch.store()
        let folder = try scratch.folder("context")
        let context = try LocalContext(path: "context", root: folder, rules: IgnoreRules(), indexFolder: store.contexts)
        let inputs = BuildInputs(
            context: context,
            named: named,
            store: store,
            images: BaseImages(of: store),
            files: RemoteFiles(of: store)
        )
        let deltas = DeltaTable(store: store)
        let executor = LocalExecutor(
            store: store,
            inputs: inputs,
            deltas: deltas,
            options: .init(checksTrees: checksTrees),
            events: { _ in }
        )
        return Build(store: store, deltas: deltas, executor: executor, inputs: inputs)
    }

    // MARK: Base images

    private func open(_ layout: BaseLayout, in build: Build) async throws -> OpenedSource {
        guard case .image(let image) = try await build.inputs.find("base", platform: .host) else {
            throw ExecutionError.missingLayer(Digest(of: []), of: "base")
        }
        return try await build.executor.open(.image(image), for: VertexID(0), reading: [])
    }

    private func named(_ layout: BaseLayout) -> [ByteString: BuildInputs.Named] {
        ["base": .layout(layout.context, tag: nil, digest: nil)]
    }

    @Test("a base's layers are unpacked once: a second build takes the same rows")
    func unpacksOnce() async throws {
        let layout = try BaseLayout([["a": "1", "b": "2"], ["b": "3", "c/d": "4"]], in: scratch, "layout")
        let first: OpenedSource
        do {
            let build = try build(named(layout))
            first = try await open(layout, in: build)
            #expect(first.deltas.count == 2)
            let again = try await open(layout, in: build)
            #expect((again.deltas, again.state) == (first.deltas, first.state))
            try build.store.finish()
        }
        // The layout has lost its blobs: nothing is read of it any more.
        for layer in layout.layers {
            let (folder, name) = try scratch.place("layout/" + ImageLayout.path(of: layer.digest))
            try folder.removeFile(name)
        }
        let build = try build(named(layout))
        let second = try await open(layout, in: build)
        #expect((second.deltas, second.state) == (first.deltas, first.state))
        let paths = ["a", "b", "c"] as [ByteString]
        let entries = try paths.map { try build.store.trees.entry(at: TreePath([$0]), in: second.state.tree)?.kind }
        #expect(entries == [.file, .file, .directory])
        #expect(try build.deltas.lowers(of: second.deltas).count == 2)
    }

    @Test("a base that shares its lower layers with another shares their rows, and no row above a different one")
    func sharesLayers() async throws {
        let one = try BaseLayout([["a": "1"], ["b": "1"]], in: scratch, "one")
        let other = try BaseLayout([["a": "1"], ["b": "2"], ["b": "1"]], in: scratch, "other")
        let first = try await open(one, in: try build(named(one)))
        let second = try await open(other, in: try build(named(other)))
        #expect(first.deltas[0] == second.deltas[0])
        #expect(first.deltas[1] != second.deltas[2])
        #expect(first.state.times != second.state.times)
    }

    @Test("builds at the same time unpack a base once")
    func atTheSameTime() async throws {
        let layout = try BaseLayout([["a": "1"], ["b": "2"]], in: scratch, "layout")
        let builds = try (0..<4).map { _ in try build(named(layout)) }
        let opened = try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await withThrowingTaskGroup(of: OpenedSource.self) { group in
                for build in builds { group.addTask { try await open(layout, in: build) } }
                return try await group.reduce(into: [OpenedSource]()) { $0.append($1) }
            }
        }
        #expect(Set(opened.map(\.deltas)).count == 1)
        #expect(Set(opened.map(\.state)).count == 1)
    }

    @Test(
        "a layer that is not what its image says is refused, and nothing of it stays",
        arguments: [BaseLayout.Fault.wrongDiffID, .wrongBytes, .missingBlob]
    )
    func damagedLayers(_ fault: BaseLayout.Fault) async throws {
        let layout = try BaseLayout([["a": "1"]], in: scratch, "layout", fault: fault)
        let build = try build(named(layout))
        do {
            _ = try await open(layout, in: build)
            Issue.record("it was taken")
        } catch let error as any DescribedError { #expect(!error.message.isEmpty) }
        #expect(try scratch.folder("state/snapshots").names().isEmpty)
        #expect(try build.store.results.baseLayer(chainID: layout.config.content.diffIDs[0]) == nil)
        let whole = try BaseLayout([["a": "1"]], in: scratch, "whole")
        #expect(try await open(whole, in: try self.build(named(whole))).deltas.count == 1)
    }

    @Test("an image of as many layers as it has not is refused")
    func missingDiffIDs() async throws {
        let layout = try BaseLayout([["a": "1"], ["b": "2"]], in: scratch, "layout", fault: .missingDiffID)
        let image = BaseImage(
            name: "base",
            manifestDigest: layout.manifest.digest,
            layers: layout.layers,
            config: layout.config.content
        )
        do {
            _ = try await build().executor.open(.image(image), for: VertexID(0), reading: [])
            Issue.record("it was taken")
        } catch ExecutionError.layersDoNotMatch(let name, let layers, let diffIDs) {
            #expect((name, layers, diffIDs) == ("base", 2, 1))
        }
    }

    // MARK: File operations

    /// A job of file actions over what a source was opened to.
    private func job(
        _ actions: [FileAction],
        over parent: OpenedSource?,
        reading context: Tree,
        in build: Build,
        content: String
    ) throws -> StepJob {
        let key = ContentHash(of: Array(content.utf8))
        var inputs = [Outcome(state: parent?.state ?? .empty, deltas: parent?.deltas ?? [], definitionKey: key)]
        inputs.append(Outcome(state: StepState(tree: context, times: key), deltas: [], definitionKey: key))
        let selections = try actions.map { action -> Selection? in
            guard case .copy(let copy) = action, case .input(_, let path) = copy.origin else { return nil }
            return try Selection(of: path, in: context, from: build.executor.trees)
        }
        return StepJob(
            vertex: Vertex(
                id: VertexID(2),
                operation: .file(actions),
                inputs: [VertexID(0), VertexID(1)],
                name: "COPY",
                range: nil
            ),
            inputs: inputs,
            selections: selections,
            operationKey: ContentHash(of: Array("operation".utf8)),
            definitionKey: key,
            contentKey: key,
            record: KeyRecord()
        )
    }

    @Test("files, a heredoc and a folder are written in one step, whose tree is the one that is mounted")
    func fileActions() async throws {
        try scratch.write("context/dir/file", "text", mode: 0o600)
        try scratch.write("context/other", "other")
        let layout = try BaseLayout([["etc/passwd": "user:x:5:6::/:\n", "kept": "kept"]], in: scratch, "layout")
        let build = try build(named(layout))
        let base = try await open(layout, in: build)
        let reads: [TreeRead] = [.word("dir"), .word("other")]
        let context = try await build.inputs.open(.buildContext, for: VertexID(1), reading: reads)
        let actions: [FileAction] = [
            .copy(CopyAction(origin: .input(1, path: "dir"), destination: "/app", owner: "user")),
            .copy(CopyAction(origin: .input(1, path: "other"), destination: "/app/", mode: ModeChange("u+x"))),
            .copy(CopyAction(origin: .inline(name: "script", content: "echo"), destination: "/app/")),
            .makeDirectory(MakeDirectoryAction(path: "/work/dir", owner: "7:8")),
        ]
        let done = try await build.executor.execute(
            try job(actions, over: base, reading: context, in: build, content: "one")
        )
        let trees = build.executor.trees
        func attributes(_ path: ByteString) throws -> Attributes? {
            try trees.entry(at: TreePath(parsing: path), in: done.output.tree)?.attributes
        }
        #expect(try attributes("app") == Attributes(mode: 0o755, uid: 5, gid: 6))
        #expect(try attributes("app/file") == Attributes(mode: 0o600, uid: 5, gid: 6))
        #expect(try attributes("app/other") == Attributes(mode: 0o744))
        #expect(try attributes("app/script") == Attributes(mode: 0o644))
        #expect(try attributes("work") == Attributes(mode: 0o755, uid: 7, gid: 8))
        #expect(try attributes("work/dir") == Attributes(mode: 0o755, uid: 7, gid: 8))
        #expect(try attributes("kept") == Attributes(mode: 0o644))
        let upper = try #require(try build.deltas.directory(of: done.delta))
        #expect(try ByteString(upper.openBeneath("app/file", flags: O_RDONLY).readAll(limit: 100)) == "text")
        #expect(done.output.times == base.state.times, "a COPY sets no times")
    }

    @Test("a step that changes the same again takes the delta that is there, and leaves no second snapshot")
    func sameDelta() async throws {
        try scratch.write("context/file", "text")
        let build = try build()
        let context = try await build.inputs.open(.buildContext, for: VertexID(1), reading: [.word("file")])
        let actions = [FileAction.copy(CopyAction(origin: .input(1, path: "file"), destination: "/x"))]
        let one = try await build.executor.execute(
            try job(actions, over: nil, reading: context, in: build, content: "one")
        )
        let two = try await build.executor.execute(
            try job(actions, over: nil, reading: context, in: build, content: "two")
        )
        #expect(one.delta == two.delta)
        #expect(one.output == two.output)
        #expect(one.contentKey != two.contentKey)
        #expect(try scratch.folder("state/snapshots").names().count == 1)
    }

    @Test("a step that fails keeps nothing, and its snapshot goes")
    func failingStep() async throws {
        try scratch.write("context/file", "text")
        let build = try build()
        let context = try await build.inputs.open(.buildContext, for: VertexID(1), reading: [.word("file")])
        let actions: [FileAction] = [
            .copy(CopyAction(origin: .input(1, path: "file"), destination: "/x")),
            .copy(CopyAction(origin: .input(1, path: "file"), destination: "/x/y")),
        ]
        do {
            _ = try await build.executor.execute(
                try job(actions, over: nil, reading: context, in: build, content: "one")
            )
            Issue.record("it was done")
        } catch let error as any DescribedError { #expect(error.message.hasPrefix("/x")) }
        #expect(try scratch.folder("state/snapshots").names().isEmpty)
        #expect(try build.store.results.result(contentKey: ContentHash(of: Array("one".utf8))) == nil)
    }

    @Test("a stage is copied from as its layers show it: what an upper one deleted or replaced is not there")
    func copiesFromStages() async throws {
        let layout = try BaseLayout([["dir/a": "old", "dir/b": "old"], ["dir/b": "new"]], in: scratch, "layout")
        let build = try build(named(layout))
        let base = try await open(layout, in: build)
        let actions = [FileAction.copy(CopyAction(origin: .input(1, path: "/dir"), destination: "/x"))]
        var job = try job(actions, over: nil, reading: base.state.tree, in: build, content: "one")
        job.inputs[1].deltas = base.deltas
        let done = try await build.executor.execute(job)
        let upper = try #require(try build.deltas.directory(of: done.delta))
        #expect(try upper.directoryBeneath("x").names().sorted() == ["a", "b"])
        #expect(try ByteString(upper.openBeneath("x/b", flags: O_RDONLY).readAll(limit: 100)) == "new")
    }
}
