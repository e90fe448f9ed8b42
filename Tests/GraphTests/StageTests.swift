import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("Stages")
struct StageTests {
    @Test("steps are numbered within their stage, FROM of an image among them")
    func names() async throws {
        let one = try await lower("FROM busybox\nENV a=b\nRUN echo $a $c\nCOPY x /$a\nWORKDIR /$a")
        #expect(
            one.names == [
                "[1/4] FROM busybox", "[2/4] RUN echo b $c", "[internal] load build context", "[3/4] COPY x /b",
                "[4/4] WORKDIR /b",
            ]
        )
        let several = try await lower("FROM busybox AS Build\nrun x\nFROM scratch\nCOPY --from=build /a /\nCMD c")
        #expect(
            several.names.filter { $0.hasPrefix("[") } == [
                "[build 1/2] FROM busybox", "[build 2/2] RUN x", "[stage-1 1/1] COPY --from=build /a /",
            ]
        )
    }

    @Test("numbers of steps line up")
    func padding() async throws {
        let text = "FROM busybox\n" + String(repeating: "RUN x\n", count: 9)
        let names = try await lower(ByteString(text)).names
        #expect(names.first == "[ 1/10] FROM busybox")
        #expect(names.last == "[10/10] RUN x")
    }

    @Test("a script shows its first line")
    func scriptNames() async throws {
        let names = try await lower("FROM scratch\nRUN <<E\n\n  one\ntwo\nE\nRUN <<E\nonly\nE").names
        #expect(names.suffix(2) == ["[1/2] RUN <<E (one...)", "[2/2] RUN <<E (only)"])
        #expect(try await lower("FROM scratch\nRUN <<-E\n\t\tx \n\tE").names.last == "[1/1] RUN <<-E (x)")
    }

    @Test("only what the target needs is lowered")
    func needed() async throws {
        let text: ByteString = "FROM none AS a\nRUN a\nFROM busybox AS b\nRUN b\nFROM scratch\nCOPY --from=b /x /"
        let result = try await lower(text)
        #expect(result.runs.map(\.arguments.last) == ["b"])
        let inputs = result.graph.vertices.allSatisfy { vertex in vertex.inputs.allSatisfy { $0 < vertex.id } }
        #expect(inputs)
        #expect(result.graph.vertices.enumerated().allSatisfy { $0.offset == $0.element.id.index })
    }

    @Test("the target is found by name in any case", arguments: ["mid", "MID"] as [ByteString])
    func target(_ name: ByteString) async throws {
        let text: ByteString = "FROM scratch AS first\nLABEL a=1\nFROM first AS Mid\nLABEL b=1\nFROM mid\nLABEL c=1"
        let result = try await lower(text) { $0.target = name }
        #expect(result.config.config.labels == ["a": "1", "b": "1"])
    }

    @Test("of stages of one name the last is the target, and the last before is what FROM and --from mean")
    func duplicateNames() async throws {
        let text: ByteString = "FROM scratch AS a\nLABEL n=1\nFROM a AS a\nLABEL m=2\nFROM a AS b"
        #expect(try await lower(text) { $0.target = "a" }.config.config.labels == ["n": "1", "m": "2"])
        #expect(try await lower(text).config.config.labels == ["n": "1", "m": "2"])
    }

    @Test("of stages of one name --from means the last in the file, and so refuses it in the middle")
    func duplicateOrigins() async throws {
        let text: ByteString =
            "FROM busybox AS a\nRUN 1\nFROM scratch AS b\nCOPY --from=a /x /\nFROM busybox AS a\nFROM b"
        let error = await #expect(throws: GraphError.self) { try await lower(text) }
        #expect(error?.reason == .laterStage("a"))
    }

    @Test("an empty target is none")
    func emptyTarget() async throws {
        let text: ByteString = "FROM scratch AS a\nFROM scratch AS b\nARG TARGETSTAGE\nLABEL l=$TARGETSTAGE"
        #expect(try await lower(text) { $0.target = "" }.config.config.labels == ["l": "b"])
    }

    @Test("a target that is not there is refused, with the nearest name")
    func unknownTarget() async throws {
        let text: ByteString = "FROM scratch AS release\nFROM scratch AS other"
        let error = await #expect(throws: GraphError.self) { try await lower(text) { $0.target = "relaese" } }
        #expect(error?.message == "target stage \"relaese\" could not be found")
        #expect(error?.remedy == "did you mean --target release?")
        let far = await #expect(throws: GraphError.self) { try await lower(text) { $0.target = "zzz" } }
        #expect(far?.remedy?.contains("did you mean") == false)
    }

    @Test("a number is no target")
    func numberTarget() async throws {
        let text: ByteString = "FROM scratch AS release\nFROM scratch AS other"
        await #expect(throws: GraphError.self) { try await lower(text) { $0.target = "0" } }
    }

    @Test(
        "--from takes an earlier stage by name in any case or by number",
        arguments: ["build", "BUILD", "0"] as [ByteString]
    )
    func fromStage(_ name: ByteString) async throws {
        let result = try await lower("FROM busybox AS build\nRUN x\nFROM scratch\nCOPY --from=" + name + " /a /b")
        let copy = try #require(result.graph.vertices.last)
        #expect(copy.inputs.count == 2)
        #expect(result.graph[copy.inputs[1]].name.contains("RUN x"))
        #expect(copy.inputs[0] == result.graph.image.chain[0])
    }

    @Test("--from of a stage with the files of its base reads the base")
    func fromUnchangedStage() async throws {
        let result = try await lower("FROM busybox AS a\nENV x=y\nFROM scratch\nCOPY --from=a /bin /bin")
        let copy = try #require(result.graph.vertices.last)
        #expect(result.graph[copy.inputs[1]].name == "[a 1/1] FROM busybox")
    }

    @Test("--from of an image outside reads it, once for all that name it")
    func fromImage() async throws {
        let result = try await lower("FROM scratch\nCOPY --from=busybox /a /a\nCOPY --from=busybox /b /b")
        let images = result.graph.vertices.filter { vertex in
            if case .source(.image) = vertex.operation { return true }
            return false
        }
        #expect(images.count == 1)
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let text: ByteString
        let reason: GraphError.Reason
        let line: Int
        var testDescription: String { text.escaped }
    }

    @Test(
        "what --from and FROM cannot mean is refused with its line",
        arguments: [
            Refusal(
                text: "FROM scratch AS a\nCOPY --from=b /a /\nFROM scratch AS b\nFROM a",
                reason: .laterStage("b"),
                line: 2
            ),
            Refusal(text: "FROM scratch AS a\nCOPY --from=a /a /", reason: .selfReference("a"), line: 2),
            Refusal(text: "FROM scratch\nCOPY --from=0 /a /", reason: .invalidStageIndex("0"), line: 2),
            Refusal(text: "FROM scratch\nCOPY --from=7 /a /", reason: .invalidStageIndex("7"), line: 2),
            Refusal(text: "ARG X=a\nFROM scratch\nCOPY --from=$X /a /", reason: .variableInFrom("$X"), line: 3),
            Refusal(text: "ARG X\nFROM $X", reason: .emptyBase("$X"), line: 2),
            Refusal(text: "FROM --platform=a/b/c/d/e scratch", reason: .malformedPlatform("a/b/c/d/e"), line: 1),
        ]
    )
    func refusals(_ refusal: Refusal) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower(refusal.text) }
        #expect(error?.reason == refusal.reason)
        #expect(error?.range?.first == refusal.line)
        #expect(error?.source != nil)
    }

    @Test(
        "an image that cannot be found is told with the line that names it",
        arguments: [
            "FROM scratch\nFROM none", "FROM scratch\nCOPY --from=none /a /",
        ] as [ByteString]
    )
    func missingImage(_ text: ByteString) async throws {
        let error = await #expect(throws: InputFailure.self) { try await lower(text) }
        #expect(error?.range.first == 2)
        #expect(error?.underlying as? UnknownImage == UnknownImage(name: "none"))
    }

    @Test("a named context takes the place of a stage: none of its instructions count")
    func contextForStage() async throws {
        let other = NamedInput.image(try Busybox.image { $0.config.labels = ["from": "context"] })
        let text: ByteString = "FROM none AS tools\nRUN fail\nLABEL a=b\nFROM tools\nCOPY --from=tools /x /"
        let result = try await lower(text, images: ["tools": other]) { $0.namedContexts = ["tools"] }
        #expect(result.config.config.labels == ["from": "context"])
        #expect(result.runs.isEmpty)
    }

    @Test("a named context that is a folder can be copied from and stood on")
    func folderContext() async throws {
        let folder = NamedInput.local(LocalSource(name: "src"))
        let images: [ByteString: NamedInput] = ["src": folder]
        let copied = try await lower("FROM scratch\nCOPY --from=src a /", images: images) { $0.namedContexts = ["src"] }
        let copy = try #require(copied.graph.vertices.last)
        #expect(copied.graph[copy.inputs[1]].operation == .source(.local(LocalSource(name: "src"))))
        // Nothing of the folder but what is copied is read.
        #expect(copied.graph.vertices.count == 3)
        let based = try await lower("FROM src\nRUN x", images: images) { $0.namedContexts = ["src"] }
        #expect(based.graph.image.chain.count == 3)
        #expect(based.copies == [CopyAction(origin: .input(1, path: "/"), destination: "/")])
    }

    @Test("a named context takes the place of a stage under its full name, too; the stage's own triggers stay")
    func fullNameForStage() async throws {
        let other = NamedInput.image(try Busybox.image { $0.config.onBuild = ["RUN lost"] })
        let text: ByteString = "FROM none AS tools\nRUN fail\nONBUILD RUN kept\nFROM tools\nRUN x"
        let change = { (request: inout LoweringRequest) in request.namedContexts = ["docker.io/library/tools:latest"] }
        let result = try await lower(text, images: ["tools": other], change)
        #expect(result.runs.map { $0.arguments[2] } == ["kept", "x"])
        let target = try await lower(text, images: ["tools": other]) { request in
            change(&request)
            request.target = "tools"
        }
        #expect(target.config.config.onBuild == [])
    }

    @Test("layers that no instruction tells of are told at the end of the history")
    func untoldLayers() async throws {
        let folder: [ByteString: NamedInput] = ["src": .local(LocalSource(name: "src"))]
        func texts(_ dockerfile: ByteString, _ images: [ByteString: NamedInput]) async throws -> [ByteString] {
            let history = try await lower(dockerfile, images: images) { $0.namedContexts = ["src"] }.config.history
            return history.filter { $0.comment == "buildkit.exporter.image.v0" }.map(\.createdBy)
        }
        #expect(try await texts("FROM src\nENV a=b", folder) == ["local source for src"])
        #expect(try await texts("FROM src\nCOPY f /f", folder) == ["[1/2] COPY f /f"])
        #expect(try await texts("FROM src\nRUN x", folder) == ["mount / from exec /bin/sh -c x"])
        let silent: [ByteString: NamedInput] = ["b": .image(try Busybox.image { $0.history = [] })]
        #expect(try await texts("FROM b\nENV a=b", silent).count == 3)
        let boasting = try Busybox.image { $0.diffIDs.removeLast() }
        let result = try await lower("FROM b\nENV a=b", images: ["b": .image(boasting)])
        #expect(result.config.history.map(\.isEmptyLayer) == [false, false, true, true, true])
    }

    @Test("scratch is the empty image whatever contexts there are")
    func scratchStays() async throws {
        let other = NamedInput.image(try Busybox.image())
        let result = try await lower("FROM scratch", images: ["scratch": other]) { $0.namedContexts = ["scratch"] }
        #expect(result.graph[result.graph.image.chain[0]].operation == .source(.scratch))
    }

    @Test("triggers of an image run right after FROM, once, and are not handed on")
    func imageTriggers() async throws {
        let base = NamedInput.image(try Busybox.image { $0.config.onBuild = ["RUN one", "ENV a=b"] })
        let result = try await lower("FROM b AS x\nRUN two $a\nFROM x\nRUN three", images: ["b": base])
        #expect(result.runs.map { $0.arguments[2] } == ["one", "two $a", "three"])
        #expect(result.config.config.onBuild == [])
        #expect(result.config.config.env.last == "a=b")
        #expect(result.names.contains { $0.hasSuffix("ONBUILD RUN one") })
        #expect(result.graph.vertices.first { $0.name.contains("ONBUILD") }?.range?.first == 1)
    }

    @Test("triggers of a stage run in the stages on it, and not in itself")
    func stageTriggers() async throws {
        let text: ByteString = "FROM scratch AS a\nONBUILD RUN t\nRUN one\nFROM a AS b\nRUN two\nFROM b\nRUN three"
        let result = try await lower(text)
        #expect(result.runs.map { $0.arguments[2] } == ["one", "t", "two", "three"])
        #expect(result.config.config.onBuild == [])
        #expect(try await lower(text) { $0.target = "a" }.config.config.onBuild == ["RUN t"])
    }

    @Test("a stage on another starts with its config, its variables and its arguments")
    func inherited() async throws {
        let result = try await lower(
            "FROM busybox AS a\nARG X=1\nENV Y=2\nUSER u\nWORKDIR /w\nFROM a\nRUN x\nLABEL l=$X-$Y"
        )
        #expect(result.config.config.labels == ["l": "1-2"])
        let step = result.runs[0]
        #expect(step.environment.contains("X=1"))
        #expect(step.environment.contains("Y=2"))
        #expect(step.user == "u")
        #expect(step.workingDirectory == "/w")
    }

    @Test("a stage on another that an image replaces has the image's variables")
    func onReplaced() async throws {
        let image = NamedInput.image(try Busybox.image { $0.config.env = ["A=image"] })
        let text: ByteString = "FROM scratch AS a\nENV A=stage\nFROM a AS b\nRUN x\nFROM a\nCOPY --from=b /x /\nRUN y"
        let result = try await lower(text, images: ["a": image]) { $0.namedContexts = ["a"] }
        #expect(result.runs.allSatisfy { $0.environment.contains("A=image") } && result.runs.count == 2)
        #expect(result.runs.allSatisfy { $0.environment.contains { $0.hasPrefix("PATH=/usr") } })
    }

    @Test("of several stages on one each has its own variables, whoever comes last")
    func siblings() async throws {
        let result = try await lower(
            "FROM scratch AS a\nENV A=1\nFROM a AS b\nENV B=2\nRUN x\nFROM a AS c\nENV C=3\nRUN y\nFROM c\nCOPY --from=b /x /\nRUN z"
        )
        let names = result.runs.map {
            $0.environment.compactMap { $0.split(separator: UInt8(ascii: "=")).first }.dropFirst()
        }
        #expect(Set(names.map(Array.init)) == [["A", "B"], ["A", "C"]])
        #expect(result.config.config.env.suffix(2) == ["A=1", "C=3"])
    }

    @Test("a base for another processor keeps it, and the checks can tell")
    func otherPlatform() async throws {
        let base = NamedInput.image(try Busybox.image { $0.platform = Platform(os: "linux", architecture: "s390x") })
        let result = try await lower("FROM b\nENV a=b", images: ["b": base])
        let name = LoweringResult.BaseName(name: "b", platform: .host)
        #expect(result.bases[name]?.platform.architecture == "s390x")
        #expect(result.config.platform.architecture == "s390x")
    }

    @Test("the platform asked for is the image's and in the key of its steps")
    func platform() async throws {
        let arm = Platform(os: "linux", architecture: "arm64")
        let result = try await lower("FROM scratch\nRUN x") { $0.platform = arm }
        #expect(result.config.platform.architecture == "arm64")
        #expect(result.runs[0].platform == arm)
    }

    @Test("--no-cache is of every vertex but the sources")
    func noCache() async throws {
        let result = try await lower("FROM busybox\nRUN x\nCOPY a /") { $0.ignoresCache = true }
        for vertex in result.graph.vertices {
            let isSource = if case .source = vertex.operation { true } else { false }
            #expect(vertex.ignoresCache == !isSource)
        }
    }

    @Test("a graph has no vertex that nothing uses")
    func noIdleVertices() async throws {
        let result = try await lower("FROM busybox AS a\nRUN x\nFROM a\nRUN y")
        #expect(result.names == ["[a 1/2] FROM busybox", "[a 2/2] RUN x", "[stage-1 1/1] RUN y"])
    }
}
