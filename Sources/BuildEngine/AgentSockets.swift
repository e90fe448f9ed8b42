internal import Bytes
internal import Execution
internal import Glibc
internal import Linux

/// Looks whether the agents that a request names are there, before anything is built.
enum AgentSockets {
    static func check(_ agents: [ByteString: BuildRequest.Agent]) throws -> Agents {
        var sockets: [ByteString: ByteString] = [:]
        for (id, agent) in agents {
            switch agent {
            case .socket(let path):
                try check(path, of: id)
                sockets[id] = path
            }
        }
        return Agents(sockets: sockets)
    }

    private static func check(_ path: ByteString, of id: ByteString) throws {
        let lead = "SSH agent \(id.escaped): \(path.escaped): "
        var status = stat()
        guard try path.withCPath({ stat($0, &status) }) == 0 else {
            let error = SystemError.last("stat", path)
            throw BuildFailure(
                message: lead + error.reason,
                remedy: "is the agent running? ssh-add -l asks it",
                exitCode: 4
            )
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw BuildFailure(
                message: lead + "it is no socket, and key files are not supported yet",
                remedy: "put the key into an agent: ssh-add FILE, then --ssh \(id.escaped)",
                exitCode: 4
            )
        }
    }
}
