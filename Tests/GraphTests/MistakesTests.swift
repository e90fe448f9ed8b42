import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

/// The lines of what lowering finds wrong, with the columns of the marks.
private func places(_ mistakes: [any LocatedError]) -> [String] {
    mistakes.map { mistake in
        guard let range = mistake.range else { return "?" }
        return range.mark.map { "\($0.line):\($0.column)" } ?? "\(range.first)"
    }
}

private func failure(of dockerfile: ByteString, target: ByteString? = nil) async -> LoweringFailure? {
    do {
        var request = LoweringRequest(dockerfile: try DockerfileParser.parse(SourceText(content: dockerfile)))
        request.target = target
        _ = try await Lowering.lower(request, images: MemoryImages(["busybox": .image(try Busybox.image())]))
        return nil
    } catch { return error as? LoweringFailure }
}

/// What is wrong when nothing is known of any image.
private func blindly(_ dockerfile: ByteString, target: ByteString? = nil) async throws -> [any LocatedError] {
    var request = LoweringRequest(dockerfile: try DockerfileParser.parseLeniently(SourceText(content: dockerfile)))
    request.target = target
    return try await Lowering.mistakes(in: request, images: AnyImage())
}

private struct AnyImage: BaseImageSource {
    func find(_ name: ByteString, platform: Platform) -> NamedInput { .unknown }
}

@Suite("Several mistakes")
struct MistakesTests {
    @Test("mistakes of several instructions and stages are told together, in the order of the file, each with its mark")
    func several() async throws {
        let found = await failure(
            of: """
                FROM busybox AS a
                EXPOSE 80 x
                STOPSIGNAL SIGNONE
                RUN true
                FROM busybox
                COPY --chmod=9999 b /
                COPY --from=a b /
                VOLUME ""
                """
        )
        #expect(places(found?.mistakes ?? []) == ["2:11", "3:12", "6:14", "8:8"])
        #expect(found?.input == nil)
    }

    @Test("what follows from a mistake is not told: variables whose ENV or ARG is wrong may have any value")
    func consequences() async {
        let found = await failure(
            of: """
                FROM busybox
                ARG A=${NONE:?no}
                ENV B=$A
                ENV C=${OTHER:?no}
                STOPSIGNAL $B
                EXPOSE $A
                VOLUME $C
                LABEL a=${C:?no}
                LABEL b=${D:?no}
                """
        )
        #expect(places(found?.mistakes ?? []) == ["2:9", "4:9", "9:11"])
    }

    @Test("the first input that cannot be had is told after the mistakes, and no other is asked for")
    func inputs() async {
        let found = await failure(of: "FROM nothing AS a\nEXPOSE x\nFROM none\nCOPY --from=a /b /\nEXPOSE y")
        #expect(places(found?.mistakes ?? []) == ["2:8", "5:8"])
        #expect((found?.input?.underlying as? UnknownImage)?.name == "none")
        #expect(found?.input?.range.mark?.column == 6)
    }

    @Test("the stage or variable that was probably meant is told")
    func nearest() async {
        let stage = await failure(of: "FROM busybox AS build\nFROM scratch\nCOPY --from=biuld /a /")
        #expect(stage?.input?.suggestion == "did you mean the stage build?")
        let later = await failure(of: "FROM b AS a\nFROM busybox AS b")
        #expect(later?.input == nil || later?.input?.suggestion?.contains("line 2") == true)
        let first = await failure(of: "FROM b\nFROM busybox AS b\nFROM scratch\nCOPY --from=0 /a /")
        #expect(first?.input?.suggestion?.contains("line 2") == true)
        #expect(await failure(of: "FROM alpin:3")?.input?.suggestion == "did you mean alpine?")
        let variable = await failure(of: "FROM busybox\nARG VERSION=1\nLABEL v=${VERSOIN:?no}")
        #expect(variable?.mistakes.first?.remedy == "did you mean VERSION?")
    }

    @Test("a file with more than twenty mistakes tells twenty")
    func limit() async {
        let lines = (0..<100).map { _ in "EXPOSE x" }
        let found = await failure(of: ByteString("FROM busybox\n" + lines.joined(separator: "\n")))
        #expect(found?.mistakes.count == 20)
    }

    @Test("above an image that was not looked up, what its variables may make right is not told")
    func unknownBase() async throws {
        let found = try await blindly(
            """
            FROM app AS a
            STOPSIGNAL $SIGNAL
            VOLUME $DATA
            ENV X=$SIGNAL
            STOPSIGNAL $X
            LABEL a=${TOKEN:?no}
            RUN --mount=type=tmpfs,target=. true
            WORKDIR /w
            STOPSIGNAL SIGNONE
            FROM a
            STOPSIGNAL $X
            FROM scratch
            STOPSIGNAL $X
            ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.com/a /
            """
        )
        #expect(places(found) == ["9:12", "13:12"])
    }

    @Test("without a target mistakes of all stages are found, with one only those that it needs")
    func targets() async throws {
        let text: ByteString = "FROM scratch AS a\nEXPOSE x\nFROM scratch AS b\nEXPOSE y"
        #expect(try await places(blindly(text)) == ["2:8", "4:8"])
        #expect(try await places(blindly(text, target: "b")) == ["4:8"])
    }

    @Test("what cannot be read is left out, and the rest looked at: its variables may be set there")
    func lenient() async throws {
        let found = try await blindly(
            "FROM scratch\nENVV A=b\nLABEL a=${A:?no}\nEXPOSE x\nFROM scratch\nLABEL a=${A:?no}"
        )
        #expect(places(found) == ["4:8", "6:11"])
    }

    @Test("a global ARG that is wrong is told once")
    func globals() async throws {
        let found = try await blindly(
            "ARG A=${B:?no}\nFROM $A\nFROM a:$A AS b\nFROM ${C:?no} AS c\nARG A\nLABEL a=${A:?no} b=${B:?no}"
        )
        #expect(places(found) == ["1:9", "4:8"])
    }
}
