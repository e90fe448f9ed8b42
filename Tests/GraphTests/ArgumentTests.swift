import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("Arguments")
struct ArgumentTests {
    private func label(
        _ text: ByteString,
        _ arguments: [ByteString: ByteString] = [:],
        _ change: (inout LoweringRequest) -> Void = { _ in }
    ) async throws -> ByteString? {
        try await lower(text + "\nLABEL l=[$A]") { request in
            request.buildArguments = arguments
            change(&request)
        }.config.config.labels["l"]
    }

    @Test("an argument before the first FROM is seen by FROM lines, and in a stage once it is declared there")
    func globalScope() async throws {
        #expect(try await label("ARG A=scratch\nFROM $A") == "[]")
        #expect(try await label("ARG A=scratch\nFROM $A\nARG A") == "[scratch]")
        #expect(try await label("ARG A=x\nFROM scratch\nARG A=stage") == "[stage]")
        #expect(try await label("ARG A=x\nFROM scratch\nARG A", ["A": "cli"]) == "[cli]")
        #expect(try await label("ARG B=1\nARG A=$B-$B\nFROM scratch\nARG A") == "[1-1]")
    }

    @Test("the command line wins over a default, an empty value too")
    func commandLine() async throws {
        #expect(try await label("FROM scratch\nARG A=x", ["A": "cli"]) == "[cli]")
        #expect(try await label("FROM scratch\nARG A=x", ["A": ""]) == "[]")
        #expect(try await label("FROM scratch", ["A": "cli"]) == "[]")
        #expect(try await label("FROM scratch\nARG A") == "[]")
    }

    @Test("of ENV and ARG of one name in a stage the later one counts")
    func laterCounts() async throws {
        #expect(try await label("FROM scratch\nENV A=env\nARG A=arg") == "[arg]")
        #expect(try await label("FROM scratch\nARG A=arg\nENV A=env", ["A": "cli"]) == "[env]")
        #expect(try await label("FROM scratch AS x\nENV A=env\nARG A=arg\nFROM x") == "[env]")
    }

    @Test("declarations of one ARG see those before them")
    func leftToRight() async throws {
        #expect(try await label("FROM scratch\nARG B=1 A=${B}2") == "[12]")
    }

    @Test("platform arguments are there in FROM, in a stage after their declaration, and a default hides them")
    func platformArguments() async throws {
        let arm = Platform(os: "linux", architecture: "arm64")
        func target(_ text: ByteString) async throws -> ByteString? {
            try await lower(text + "\nLABEL l=[$TARGETARCH]") { $0.platform = arm }.config.config.labels["l"]
        }
        #expect(try await target("FROM scratch") == "[]")
        #expect(try await target("FROM scratch\nARG TARGETARCH") == "[arm64]")
        #expect(try await target("FROM scratch\nARG TARGETARCH=x") == "[x]")
        let host = Platform.host.text
        let all = try await lower(
            "FROM --platform=$BUILDPLATFORM scratch AS s\nARG TARGETPLATFORM BUILDPLATFORM TARGETSTAGE TARGETOS\nLABEL l=$TARGETPLATFORM,$BUILDPLATFORM,$TARGETSTAGE,$TARGETOS"
        )
        #expect(all.config.config.labels["l"] == host + "," + host + ",s,linux")
        let unnamed = try await lower("FROM scratch\nARG TARGETSTAGE\nLABEL l=$TARGETSTAGE")
        #expect(unnamed.config.config.labels["l"] == "default")
    }

    @Test("declared arguments with a value are in the environment of RUN, others are not")
    func environment() async throws {
        let result = try await lower("FROM scratch\nRUN a\nARG A=1\nARG B\nRUN b") { $0.buildArguments = ["C": "3"] }
        #expect(result.runs[0].environment.allSatisfy { $0.hasPrefix("PATH=") })
        #expect(result.runs[1].environment.filter { !$0.hasPrefix("PATH=") } == ["A=1"])
    }

    @Test("proxy settings reach RUN in both cases, but neither history nor config, unless declared")
    func proxies() async throws {
        let arguments: [ByteString: ByteString] = ["HTTP_PROXY": "p", "no_proxy": "n", "OTHER": "o"]
        let result = try await lower("FROM scratch\nRUN a\nARG HTTP_PROXY\nRUN b") { $0.buildArguments = arguments }
        #expect(result.runs[0].unkeyedEnvironment == ["HTTP_PROXY=p", "NO_PROXY=n", "http_proxy=p", "no_proxy=n"])
        #expect(result.runs[0].environment.allSatisfy { $0.hasPrefix("PATH=") })
        #expect(result.runs[1].environment.contains("HTTP_PROXY=p"))
        #expect(
            result.history == [
                "RUN /bin/sh -c a # buildkit", "ARG HTTP_PROXY=p", "RUN |1 HTTP_PROXY=p /bin/sh -c b # buildkit",
            ]
        )
        #expect(result.config.config.env.allSatisfy { $0.hasPrefix("PATH=") })
    }

    @Test("of several spellings of a proxy the last in byte order counts, and an empty one sets nothing")
    func proxySpellings() async throws {
        let result = try await lower("FROM scratch\nRUN a") { request in
            request.buildArguments = ["http_proxy": "low", "HTTP_PROXY": "up", "Http_Proxy": "mixed", "NO_PROXY": ""]
        }
        #expect(result.runs[0].unkeyedEnvironment == ["HTTP_PROXY=low", "http_proxy=low"])
        let set = try await lower("FROM scratch\nENV PATH=/ HTTP_PROXY=env\nRUN a") { request in
            request.buildArguments = ["http_proxy": "given"]
        }
        #expect(set.runs[0].wholeEnvironment.entries == ["PATH=/", "HTTP_PROXY=given", "http_proxy=given"])
    }

    @Test("a sandbox host name is taken from its argument")
    func hostname() async throws {
        let result = try await lower("FROM scratch\nRUN a") { $0.buildArguments = ["BUILDKIT_SANDBOX_HOSTNAME": "h"] }
        #expect(result.runs[0].hostname == "h")
        let empty = try await lower("FROM scratch\nRUN a") { $0.buildArguments = ["BUILDKIT_SANDBOX_HOSTNAME": ""] }
        #expect(empty.runs[0].hostname == ProcessStep.defaultHostname)
    }

    @Test("arguments that nothing declares are told, those that are known are not")
    func unused() async throws {
        let result = try await lower("ARG G\nFROM scratch\nARG S") { request in
            for name in ["G", "S", "HTTP_PROXY", "all_proxy", "SOURCE_DATE_EPOCH", "BUILDKIT_CACHE_MOUNT_NS", "X", "Y"]
                as [ByteString]
            {
                request.buildArguments[name] = "1"
            }
        }
        #expect(result.warnings.map(\.text) == ["build arguments that no ARG declares were not used: X, Y"])
    }

    @Test("what BuildKit's arguments ask for and is not there is told")
    func lacking() async throws {
        let told = try await lower("FROM scratch") { $0.buildArguments = ["BUILDKIT_INLINE_CACHE": "1"] }.warnings
        #expect(
            told.map(\.text) == [
                "BUILDKIT_INLINE_CACHE has no effect yet: the image does not tell what is in its layers to other builds"
            ]
        )
        #expect(try await lower("FROM scratch") { $0.buildArguments = ["BUILDKIT_INLINE_CACHE": "0"] }.warnings == [])
    }

    @Test("a required variable that is not set fails with its line and its words")
    func required() async throws {
        let error = await #expect(throws: DockerfileError.self) {
            try await lower("FROM scratch\nLABEL a=\"${X:?say x}\"")
        }
        #expect(error?.range?.first == 2)
        #expect(error?.message.contains("say x") == true)
        let base = await #expect(throws: DockerfileError.self) { try await lower("FROM ${X:?say x}") }
        #expect(base?.range?.first == 1)
    }
}
