import Bytes
import Dockerfile
import Graph
import TestSupport
import Testing

@Suite("Flags of RUN that need a permission or an agent, lowered")
struct RunFlagTests {
    private func refusal(
        _ dockerfile: ByteString,
        _ change: (inout LoweringRequest) -> Void = { _ in }
    ) async throws -> GraphError? {
        await #expect(throws: GraphError.self) { try await lower(dockerfile, change) }
    }

    @Test("the host's network and full rights are refused with place and remedy, unless they are allowed")
    func entitlements() async throws {
        let network: ByteString = "FROM scratch\nRUN true\nRUN --network=host x"
        let security: ByteString = "FROM scratch\nRUN true\nRUN --security=insecure x"
        for (text, wanted, other) in [
            (network, Entitlement.networkHost, Entitlement.securityInsecure),
            (security, .securityInsecure, .networkHost),
        ] {
            let error = try await refusal(text) { $0.entitlements = [other] }
            #expect(error?.reason == .notAllowed(wanted))
            #expect(error?.range?.first == 3)
            #expect(error?.message == "\(wanted.rawValue) is not allowed")
            #expect(error?.remedy?.contains("--allow \(wanted.rawValue)") == true)
            #expect(try await lower(text) { $0.entitlements = [wanted] }.runs.count == 2)
        }
    }

    @Test("only what is built needs a permission")
    func unusedStage() async throws {
        let text: ByteString = "FROM scratch AS unused\nRUN --security=insecure x\nFROM scratch\nRUN y"
        #expect(try await lower(text).runs.count == 1)
    }

    @Test("the security of a step is the one that it asks for")
    func security() async throws {
        let text: ByteString = "FROM scratch\nRUN a\nRUN --security=insecure b\nRUN --security=sandbox c"
        let result = try await lower(text) { $0.entitlements = [.securityInsecure] }
        #expect(result.runs.map(\.security) == [.sandbox, .insecure, .sandbox])
        #expect(
            result.history == [
                "RUN /bin/sh -c a # buildkit", "RUN /bin/sh -c b # buildkit", "RUN /bin/sh -c c # buildkit",
            ]
        )
    }

    @Test("an agent's socket has a number of its own, the first one is in SSH_AUTH_SOCK")
    func sockets() async throws {
        let text: ByteString = """
            FROM scratch
            WORKDIR /w
            RUN --mount=type=ssh --mount=type=ssh,id=b,required,mode=741,uid=1,gid=2,target=t --mount=type=ssh,id= x
            RUN y
            """
        let runs = try await lower(text).runs
        #expect(
            runs[0].mounts == [
                ProcessMount(.agent(AgentMount(id: "default", mode: 0o600)), target: "/run/buildkit/ssh_agent.0"),
                ProcessMount(
                    .agent(AgentMount(id: "b", isRequired: true, mode: 0o741, uid: 1, gid: 2)),
                    target: "/w/t"
                ),
                ProcessMount(.agent(AgentMount(id: "default")), target: "/run/buildkit/ssh_agent.2"),
            ]
        )
        #expect(runs[0].environment.last == "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0")
        #expect(runs[1].environment.allSatisfy { !$0.hasPrefix("SSH_AUTH_SOCK") })
    }

    @Test("a variable SSH_AUTH_SOCK of the image stays what it is; a target of one's own is in it else")
    func variable() async throws {
        let runs = try await lower(
            """
            FROM scratch
            RUN --mount=type=ssh,dst=/own x
            ENV SSH_AUTH_SOCK=/mine
            RUN --mount=type=ssh x
            """
        ).runs
        #expect(runs[0].environment.last == "SSH_AUTH_SOCK=/own")
        #expect(runs[1].environment.filter { $0.hasPrefix("SSH_AUTH_SOCK") } == ["SSH_AUTH_SOCK=/mine"])
    }

    @Test("an agent has no source, and its socket does not go over the root")
    func malformed() async throws {
        let error = await #expect(throws: DockerfileError.self) {
            try await lower("FROM scratch\nRUN --mount=type=ssh,source=/s x")
        }
        #expect(error?.reason == .optionNotForType(key: "source", type: .ssh))
        #expect(error?.range?.first == 2)
        #expect(try await refusal("FROM scratch\nRUN --mount=type=ssh,target=/ x")?.reason == .mountOverRoot("/"))
    }
}
