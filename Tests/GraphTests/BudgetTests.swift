import Bytes
import Dockerfile
import Graph
import OCI
import Testing

@Suite("What a build may grow to")
struct BudgetTests {
    private func reason(_ lines: [String]) async -> GraphError.Reason? {
        let text = ByteString(lines.joined(separator: "\n"))
        return await #expect(throws: GraphError.self) { try await lower(text) }?.reason
    }

    /// A variable of 1 MB.
    private let big =
        ["FROM scratch", "ENV a=" + String(repeating: "x", count: 1000)]
        + (0..<10).map { _ in "ENV a=$a$a" }

    @Test("expanded words are bounded for the whole build, in one instruction and in many")
    func words() async {
        let many = big + (0..<100).map { "ENV b\($0)=$a" }
        #expect(await reason(many) == .overBudget(.bytes))
        let one = big + ["LABEL " + (0..<100).map { "l\($0)=$a" }.joined(separator: " ")]
        #expect(await reason(one) == .overBudget(.bytes))
    }

    @Test("arguments that the history repeats at each RUN are bounded")
    func history() async {
        let text = big + ["ARG b=$a"] + (0..<100).map { "RUN echo \($0)" }
        #expect(await reason(text) == .overBudget(.bytes))
    }

    @Test("environments of many steps are bounded")
    func environments() async {
        let text = ["FROM scratch"] + (0..<2500).map { "ENV v\($0)=1" } + (0..<2500).map { "RUN \($0)" }
        #expect(await reason(text) == .overBudget(.entries))
    }

    @Test("triggers are bounded over all stages that run them")
    func triggers() async {
        let text =
            ["FROM scratch AS a"] + (0..<1200).map { _ in "ONBUILD LABEL a=b" } + (0..<100).map { "FROM a AS s\($0)" }
            + ["FROM scratch"] + (0..<100).map { "COPY --from=s\($0) / /" }
        #expect(await reason(text) == .overBudget(.triggers))
    }

    @Test("names of steps stay short where their variables are long")
    func names() async throws {
        let text = big + (0..<20).map { "COPY \($0)$a /" }
        let result = try await lower(ByteString(text.joined(separator: "\n")))
        #expect(result.names.reduce(0) { $0 + $1.utf8.count } < 20 << 20)
        #expect(result.names.last == "[20/20] COPY 19$a /")
    }

    @Test("a thousand instructions of every kind are far from it")
    func ordinary() async throws {
        let text = ["FROM scratch"] + (0..<1000).map { "ENV v\($0)=$v\($0 - 1)x\nRUN \($0)\nLABEL l\($0)=$v\($0)" }
        #expect(try await lower(ByteString(text.joined(separator: "\n"))).runs.count == 1000)
    }

    @Test("the configs of bases are told by name and platform")
    func bases() async throws {
        let result = try await lower("ARG B=busybox\nFROM $B\nCOPY --from=busybox / /")
        let known = result.bases[LoweringResult.BaseName(name: "busybox", platform: .host)]
        #expect(known?.config.cmd == ["/bin/sh"])
        #expect(result.bases.count == 1)
    }
}
