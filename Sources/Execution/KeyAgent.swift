internal import Bytes
internal import Linux

/// An SSH agent of our own for key files: OpenSSH's, in a folder that it makes for itself.
///
/// It holds the keys; a step only ever gets at its answers, through an ``AgentRelay``. It ends with this object, and with
/// this process.
final class KeyAgent: Sendable {
    /// Where it listens.
    let socket: ByteString
    private let process: CompanionProcess

    /// Starts it and gives it the keys.
    init(
        _ keys: [(name: ByteString, text: [UInt8])],
        id: ByteString,
        environment: [ByteString: ByteString]
    ) throws {
        let agent = try KeyAgent.program("ssh-agent", id, environment)
        let adder = try KeyAgent.program("ssh-add", id, environment)
        // The agent serves a command and ends some seconds after it, so the command ends the agent itself. It asks it
        // first: one that has answered is so far that it also removes its folder when it is ended.
        let script: ByteString =
            "\"$0\" -l > /dev/null; echo \"$SSH_AUTH_SOCK\"; while read -r line; do :; done; kill \"$SSH_AGENT_PID\""
        var kept = environment.filter { $0.key == "PATH" }
        process = try CompanionProcess(
            HelperProcess(program: agent, arguments: ["/bin/sh", "-c", script, adder], environment: kept)
        )
        guard let line = try process.readLine(), !line.isEmpty else {
            throw ExecutionError.keyAgent(id, reason: "\(agent.escaped) does not start")
        }
        socket = line
        kept["SSH_AUTH_SOCK"] = socket
        // For a passphrase: a program that gives none, instead of the terminal.
        kept["SSH_ASKPASS"] = "/bin/false"
        kept["SSH_ASKPASS_REQUIRE"] = "force"
        kept["DISPLAY"] = "none"
        for key in keys {
            var add = HelperProcess(program: adder, arguments: ["-q", "-"], environment: kept)
            add.input = key.text
            let outcome = try add.runBlocking()
            guard outcome.ending.isSuccess else {
                let text = ByteString(outcome.diagnostics).split(separator: UInt8(ascii: "\n")).last { !$0.isEmpty }
                throw ExecutionError.unusableKey(
                    id,
                    key.name,
                    reason: text?.escaped ?? "it has a passphrase, or is no private key"
                )
            }
        }
    }

    private static func program(
        _ name: ByteString,
        _ id: ByteString,
        _ environment: [ByteString: ByteString]
    ) throws -> ByteString {
        guard let path = HelperProcess.find(name, environment: environment) else {
            throw ExecutionError.keyAgent(id, reason: "key files need the program \(name.escaped), which is not here")
        }
        return path
    }
}
