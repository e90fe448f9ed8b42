import BuildEngine
import Bytes
import Testing

@testable import Commands

@Suite("--ssh and --allow")
struct RunFlagOptionTests {
    private let environment: [ByteString: ByteString] = ["SSH_AUTH_SOCK": "/run/agent"]

    @Test(
        "an agent has an id, and a socket, files, or that of the environment",
        arguments: [
            ("default", "default", ["/run/agent"]), ("x", "x", ["/run/agent"]), ("x=", "x", ["/run/agent"]),
            ("x=/s", "x", ["/s"]), ("=/s", "default", ["/s"]), ("x=a=b", "x", ["a=b"]), ("x=k,l", "x", ["k", "l"]),
            ("x=k,", "x", ["k"]),
        ] as [(ByteString, ByteString, [ByteString])]
    )
    func agents(_ text: ByteString, _ id: ByteString, _ paths: [ByteString]) throws {
        let option = try AgentOption(text, environment: environment)
        #expect(option.id == id)
        #expect(option.paths == paths)
    }

    @Test(
        "an agent that nothing names is refused with the variable's name",
        arguments: ["default", "x="] as [ByteString]
    )
    func noSocket(_ text: ByteString) throws {
        for environment: [ByteString: ByteString] in [[:], ["SSH_AUTH_SOCK": ""]] {
            let error = try #require(throws: UsageError.self) { try AgentOption(text, environment: environment) }
            #expect(error.message.contains("SSH_AUTH_SOCK is not set"))
        }
    }

    private func request(_ words: ByteString...) throws -> BuildRequest {
        let normalized = try CommandWords(["build"] + words + ["."]).normalized
        let command = try #require(try Program.command(for: normalized) as? BuildCommand)
        return try BuildPlan(command, environment: environment).request
    }

    @Test("the last agent of an id counts, an empty value asks for nothing")
    func severalAgents() throws {
        let agents = try request("--ssh", "a=/1", "--ssh", "", "--ssh=a=/2", "--ssh", "default").agents
        #expect(agents == ["a": ["/2"], "default": ["/run/agent"]])
    }

    @Test("what is allowed is what is named")
    func entitlements() throws {
        #expect(try request().entitlements == [])
        #expect(try request("--allow", "").entitlements == [])
        #expect(
            try request("--allow=network.host", "--allow", "security.insecure").entitlements
                == [.networkHost, .securityInsecure]
        )
    }

    @Test("devices are allowed all, by name, or under another name")
    func devices() throws {
        #expect(try request("--allow=device").entitlements == [.device])
        #expect(try request("--allow=device=").entitlements == [.device])
        let request = try request("--allow", "device=v/c=d", "--allow", "device=v/c=e,alias=mine")
        #expect(request.entitlements == [])
        #expect(request.devices == ["v/c=d": "v/c=d", "mine": "v/c=e"])
    }

    @Test(
        "what cannot be allowed is refused by name",
        arguments: [
            ("x", "invalid value \"x\" for --allow"), ("Network.Host", "invalid value"),
            ("network.host=1", "invalid value"),
            ("device=\"", "invalid value"), ("device=a,b", "after the device comes alias=NAME"),
            ("buildx.local.delete", "--allow buildx.local.delete is not supported yet"),
        ] as [(ByteString, String)]
    )
    func refused(_ text: ByteString, _ message: String) throws {
        let error = try #require(throws: UsageError.self) { try request("--allow", text) }
        #expect(error.message.contains(message))
    }
}
