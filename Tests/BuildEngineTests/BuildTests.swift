import BuildEngine
import Bytes
import OCI
import Testing

/// Whole builds in this process, without a program run: `FROM scratch` and COPY.
@Suite("Builds in process", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct BuildTests {
    let project: Project

    init() throws {
        project = try Project()
        try project.write("file", "text")
    }

    @Test("a scratch image with a COPY becomes a layout, and the result tells what it is")
    func layout() async throws {
        let dockerfile = "FROM scratch\nCOPY file /x\nENV A=b\nWORKDIR /work\nLABEL l=1\n"
        let result = try await project.engine().build(project.request(dockerfile, project.folderOutput()))
        #expect((result.stepsRun, result.stepsCached) == (2, 0))
        #expect(result.names.isEmpty)
        let manifest = try project.manifest(result)
        #expect(result.manifest?.size == Int64(try project.blob(try #require(result.manifest).digest).count))
        #expect(manifest.config.digest == result.configDigest)
        #expect(manifest.layers.map(\.mediaType) == [.ociLayerGzip, .ociLayerGzip])
        for layer in manifest.layers { #expect(Digest(of: try project.blob(layer.digest)) == layer.digest) }
        let config = try project.config(result)
        #expect(config.diffIDs.count == 2)
        #expect(config.config.workingDir == "/work")
        #expect(config.config.labels == ["l": "1"])
        #expect(config.history.map(\.isEmptyLayer) == [false, true, false, true])
        #expect(config.created != nil && config.history.allSatisfy { $0.created != nil })
        let index = try Document<Index>(bytes: project.read(project.layout + "/index.json")).content
        #expect(index.manifests == [try #require(result.manifest)])
    }

    @Test("a second build runs nothing, whoever makes it, and gives the same image")
    func unchanged() async throws {
        let request = try project.request("FROM scratch\nCOPY file /x\nWORKDIR /work\n", project.tarOutput)
        let first = try await project.engine().build(request)
        let bytes = try project.read(project.tar)
        let engine = try project.engine()
        for _ in 0..<2 {
            let result = try await engine.build(request)
            #expect(result.stepsRun == 0 && result.stepsCached > 0)
            #expect((result.manifest, result.configDigest) == (first.manifest, first.configDigest))
            #expect(try project.read(project.tar) == bytes)
        }
        try project.write("file", "changed")
        let changed = try await engine.build(request)
        #expect(changed.stepsRun > 0)
        #expect(changed.manifest != first.manifest)
    }

    @Test("without the cache every step runs again")
    func withoutCache() async throws {
        var request = try project.request("FROM scratch\nCOPY file /x\nWORKDIR /work\n", .cacheOnly)
        let engine = try project.engine()
        let first = try await engine.build(request)
        request.ignoresCache = true
        let second = try await engine.build(request)
        #expect((second.stepsRun, second.stepsCached) == (first.stepsRun, 0))
    }

    @Test("a build for the cache alone makes no image, and the next one has its steps")
    func cacheOnly() async throws {
        let dockerfile = "FROM scratch\nCOPY file /x\n"
        let engine = try project.engine()
        let first = try await engine.build(project.request(dockerfile, .cacheOnly))
        #expect(first.manifest == nil && first.configDigest == nil)
        #expect(first.stepsRun == 1)
        let second = try await engine.build(project.request(dockerfile, project.tarOutput))
        #expect(second.stepsRun == 0)
        #expect(second.manifest != nil)
    }

    @Test("several outputs of one build are the same image by different packings")
    func severalOutputs() async throws {
        let request = try project.request(
            "FROM scratch\nCOPY file /x\n",
            project.tarOutput,
            .cacheOnly,
            project.folderOutput(.uncompressed)
        )
        let result = try await project.engine().build(request)
        #expect(project.isThere(project.tar))
        let layer = try #require(try project.manifest(result).layers.first)
        #expect(layer.mediaType == .ociLayer)
        #expect(try project.config(result).diffIDs == [layer.digest])
    }

    @Test("an image without an output is in the store under its names, and a base from there")
    func namedImage() async throws {
        let engine = try project.engine()
        var request = try project.request("FROM scratch\nCOPY file /x\nENV BASE=1\nONBUILD ENV TRIGGERED=1\n")
        request.names = [try Reference("example.org/base:1"), try Reference("base")]
        let base = try await engine.build(request)
        #expect(base.names == request.names)
        #expect(base.manifest != nil)
        for name in ["base", "example.org/base:1"] {
            let dockerfile = "FROM \(name)\nCOPY file /y\n"
            let result = try await project.engine().build(project.request(dockerfile, project.folderOutput()))
            let config = try project.config(result)
            #expect(config.config.env.contains("BASE=1"))
            #expect(config.config.env.contains("TRIGGERED=1"))
            #expect(config.diffIDs.count == 2)
            #expect(result.names.isEmpty)
        }
    }

    @Test("SOURCE_DATE_EPOCH is the time of the image and of all of its history")
    func epoch() async throws {
        var request = try project.request("FROM scratch\nENV A=1\nCOPY file /x\n", project.folderOutput())
        request.buildArguments = ["SOURCE_DATE_EPOCH": "1234567890"]
        let result = try await project.engine().build(request)
        let config = try project.config(result)
        #expect(config.created == Timestamp(seconds: 1_234_567_890))
        #expect(config.history.allSatisfy { $0.created == config.created })
    }

    @Test("SOURCE_DATE_EPOCH of the Dockerfile counts, too; a folder has no time of its own")
    func ownEpoch() async throws {
        let dockerfile = "ARG SOURCE_DATE_EPOCH=1234567890\nFROM scratch\nCOPY file /x\n"
        var request = try project.request(dockerfile, project.folderOutput())
        let config = try project.config(try await project.engine().build(request))
        #expect(config.created == Timestamp(seconds: 1_234_567_890))
        request.buildArguments = ["SOURCE_DATE_EPOCH": "context", "BUILDKIT_SYNTAX": "docker/dockerfile:1.7-labs"]
        let other = try project.config(try await project.engine().build(request))
        #expect(other.created != config.created)
    }

    @Test("labels, arguments, target and Dockerfile of the request are used")
    func choices() async throws {
        try project.write(
            "Other",
            "FROM scratch AS one\nARG A\nLABEL from=\"$A\" own=1\nFROM scratch\n",
            in: project.path
        )
        var request = try project.request(nil, project.folderOutput())
        request.dockerfile = .file(ByteString(project.path + "/Other"))
        request.target = "one"
        request.buildArguments = ["A": "argument"]
        request.labels = ["own": "2", "more": "3"]
        request.platform = try Platform(parsing: "linux/arm64")
        let config = try project.config(try await project.engine().build(request))
        #expect(config.config.labels == ["from": "argument", "own": "2", "more": "3"])
        #expect(config.platform.architecture == "arm64")
    }

    @Test("named folders and layouts are inputs")
    func namedContexts() async throws {
        let engine = try project.engine()
        let base = try await engine.build(project.request("FROM scratch\nCOPY file /x\n", project.folderOutput()))
        #expect(base.manifest != nil)
        var request = try project.request("FROM b\nCOPY --from=code Dockerfile /y\n", project.tarOutput)
        request.namedContexts = [
            "b": .layout(folder: ByteString(project.layout), tag: nil, digest: nil),
            "code": .folder(ByteString(project.context)),
        ]
        let result = try await engine.build(request)
        #expect(result.stepsRun == 1)
    }

    @Test("builds at the same time in one engine give one image, and run each step once")
    func atTheSameTime() async throws {
        let engine = try project.engine()
        let request = try project.request("FROM scratch\nCOPY file /x\nWORKDIR /work\n")
        let results = try await withThrowingTaskGroup(of: BuildResult.self) { group in
            for _ in 0..<4 { group.addTask { try await engine.build(request) } }
            return try await group.reduce(into: [BuildResult]()) { $0.append($1) }
        }
        #expect(Set(results.compactMap { $0.manifest?.digest }).count == 1)
        #expect(results.reduce(0) { $0 + $1.stepsRun } == 2)
    }

    @Test("a cancelled build ends with its cancellation, and the next one is right")
    func cancelled() async throws {
        let engine = try project.engine()
        let request = try project.request("FROM scratch\nCOPY file /x\n", project.tarOutput)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await engine.build(request)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!project.isThere(project.tar))
        #expect(try await engine.build(request).manifest != nil)
    }
}
