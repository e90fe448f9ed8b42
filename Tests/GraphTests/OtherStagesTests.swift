import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("Stages that the target does not need")
struct OtherStagesTests {
    @Test(
        "are refused for what no stage can have",
        arguments: [
            ("FROM $NONE", .emptyBase("$NONE")),
            ("FROM --platform=$NONE busybox", .emptyPlatform("$NONE")),
            ("FROM --platform=x busybox", .malformedPlatform("x")),
            ("FROM busybox\nCOPY --from=9 /a /", .invalidStageIndex("9")),
            ("FROM busybox\nCOPY --from=$X /a /", .variableInFrom("$X")),
            ("FROM busybox AS a\nCOPY --from=A /a /", .selfReference("a")),
            (
                "FROM busybox AS a\nCOPY --from=b /a /\nFROM busybox AS b\nRUN --mount=from=a,target=/a x",
                .laterStage("b")
            ),
            ("FROM busybox AS a-", .malformedStageName("a-")),
        ] as [(ByteString, GraphError.Reason)]
    )
    func refusals(_ text: ByteString, _ reason: GraphError.Reason) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower(text + "\nFROM scratch") }
        #expect(error?.reason == reason)
        #expect(error?.source != nil)
    }

    @Test(
        "are refused for names that no image can have",
        arguments: [
            "FROM BAD", "FROM busybox\nCOPY --from=BAD /a /", "FROM busybox\nRUN --mount=from=BAD,target=/a x",
        ] as [ByteString]
    )
    func names(_ text: ByteString) async throws {
        await #expect(throws: InputFailure.self) { try await lower(text + "\nFROM scratch") }
    }

    @Test(
        "may name images that are not there, later stages and contexts",
        arguments: [
            "FROM none", "FROM busybox\nCOPY --from=none /a /", "FROM busybox\nCOPY --from=1 /a /",
            "FROM busybox AS a\nCOPY --from=b /a /\nFROM busybox AS b", "FROM busybox\nRUN --mount=from=b,target=/a x",
            "FROM scratch AS a\nFROM a AS a\nCOPY --from=0 /a /", "FROM busybox\nLABEL a=${B:?c}",
        ] as [ByteString]
    )
    func allowed(_ text: ByteString) async throws {
        #expect(try await lower(text + "\nFROM scratch").graph.vertices.count == 1)
    }
}
