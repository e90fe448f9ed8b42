import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("History")
struct HistoryTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let instruction: ByteString
        let text: ByteString
        var isEmpty = true
        var testDescription: String { instruction.escaped }
    }

    @Test(
        "an instruction is told as",
        arguments: [
            Row(instruction: "RUN make  all", text: "RUN /bin/sh -c make  all # buildkit", isEmpty: false),
            Row(instruction: "RUN [\"a\", \"b c\"]", text: "RUN a b c # buildkit", isEmpty: false),
            Row(instruction: "RUN <<E\none\ntwo\nE", text: "RUN /bin/sh -c one\ntwo\n # buildkit", isEmpty: false),
            Row(instruction: "RUN cat <<E\none\nE", text: "RUN /bin/sh -c cat <<E\none\nE # buildkit", isEmpty: false),
            Row(
                instruction: "RUN <<E\n#!/bin/x\none\nE",
                text: "RUN /bin/sh -c /dev/pipes/E # buildkit",
                isEmpty: false
            ),
            Row(instruction: "COPY a b /d/", text: "COPY a b /d/ # buildkit", isEmpty: false),
            Row(
                instruction: "COPY --chown=1:2 --chmod=644 a d",
                text: "COPY --chown=1:2 --chmod=644 a d # buildkit",
                isEmpty: false
            ),
            Row(instruction: "COPY <<x <<y /d/\n1\nx\n2\ny", text: "COPY <<x <<y /d/ # buildkit", isEmpty: false),
            Row(instruction: "COPY --from=busybox /a /b", text: "COPY /a /b # buildkit", isEmpty: false),
            Row(instruction: "ADD a.tar /", text: "ADD a.tar / # buildkit", isEmpty: false),
            Row(instruction: "WORKDIR a/../b", text: "WORKDIR /b", isEmpty: false),
            Row(instruction: "WORKDIR /", text: "WORKDIR /"),
            Row(instruction: "ENV a=1 b=\"2 3\"", text: "ENV a=1 b=2 3"),
            Row(instruction: "ENV a 1  2", text: "ENV a=1  2"),
            Row(instruction: "ARG a", text: "ARG a"),
            Row(instruction: "ARG a= b=2", text: "ARG a= b=2"),
            Row(instruction: "LABEL a=1 \"b c\"=2", text: "LABEL a=1 b c=2"),
            Row(instruction: "USER a:b", text: "USER a:b"),
            Row(instruction: "EXPOSE 80 70/udp 90-91", text: "EXPOSE [70/udp 80/tcp 90/tcp 91/tcp]"),
            Row(instruction: "VOLUME /a /b", text: "VOLUME [/a /b]"),
            Row(instruction: "STOPSIGNAL SIGTERM", text: "STOPSIGNAL SIGTERM"),
            Row(instruction: "SHELL [\"/bin/x\", \"-c\"]", text: "SHELL [/bin/x -c]"),
            Row(instruction: "CMD a \"b\"", text: "CMD [\"/bin/sh\" \"-c\" \"a \\\"b\\\"\"]"),
            Row(instruction: "CMD [\"a\\u00e9\\t\\u0001\\u200b\"]", text: "CMD [\"a\u{E9}\\t\\x01\\u200b\"]"),
            Row(instruction: "ENTRYPOINT [\"a\"]", text: "ENTRYPOINT [\"a\"]"),
            Row(
                instruction: "HEALTHCHECK --interval=1h1m1.5s --timeout=300ms --start-period=2m --retries=3 CMD a",
                text:
                    "HEALTHCHECK {Test:[CMD-SHELL a] Interval:1h1m1.5s Timeout:300ms StartPeriod:2m0s StartInterval:0s Retries:3}"
            ),
            Row(
                instruction: "HEALTHCHECK CMD [\"a\", \"b\"]",
                text: "HEALTHCHECK {Test:[CMD a b] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}"
            ),
            Row(
                instruction: "HEALTHCHECK NONE",
                text: "HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}"
            ),
            Row(instruction: "MAINTAINER me", text: "MAINTAINER me"),
        ]
    )
    func texts(_ row: Row) async throws {
        let result = try await lower("FROM scratch\n" + row.instruction)
        #expect(result.history == [row.text])
        let entry = try #require(result.config.history.last)
        #expect(entry.isEmptyLayer == row.isEmpty)
        #expect(entry.comment == "buildkit.dockerfile.v0")
    }

    @Test("ONBUILD is not told, and its trigger is kept as it was written")
    func onbuild() async throws {
        let result = try await lower("FROM scratch\nONBUILD RUN  make   it \"so\"")
        #expect(result.history == [])
        #expect(result.config.config.onBuild == ["RUN  make   it \"so\""])
    }

    @Test("RUN tells the arguments declared so far, those of stages below first, with the values in force")
    func arguments() async throws {
        let dockerfile: ByteString = """
            FROM scratch AS a
            ARG A=1
            FROM a
            ARG B
            ARG C=3 A=4
            ENV C=5
            RUN x
            """
        let result = try await lower(dockerfile) { $0.buildArguments = ["B": "2"] }
        #expect(result.history.last == "RUN |3 A=4 B=2 C=5 /bin/sh -c x # buildkit")
    }

    @Test("the history goes on from the base's")
    func base() async throws {
        let result = try await lower("FROM busybox\nENV a=1")
        #expect(result.config.history.map(\.createdBy) == Busybox.historyTexts + ["ENV a=1"])
        #expect(result.config.created == nil)
    }

    @Test("a folder as a base has an entry for its layer")
    func folder() async throws {
        let folder = NamedInput.local(LocalSource(name: "golang"))
        let result = try await lower("FROM golang\nCOPY a /", images: ["golang": folder]) {
            $0.namedContexts = ["golang"]
        }
        #expect(result.config.history.count { !$0.isEmptyLayer } == 2)
        #expect(result.graph.image.chain.count == 3)
    }
}
