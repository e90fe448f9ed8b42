internal import Bytes
internal import Execution
internal import Glibc
internal import Linux

/// Looks at what a request names as SSH agents, before anything is built: sockets, or key files, which are read.
enum AgentFiles {
    static func read(
        _ agents: [ByteString: [ByteString]],
        environment: [ByteString: ByteString]
    ) throws -> Agents {
        var sources: [ByteString: Agents.Source] = [:]
        for (id, paths) in agents { sources[id] = try source(paths, of: id) }
        return Agents(sources, environment: environment)
    }

    private static func source(_ paths: [ByteString], of id: ByteString) throws -> Agents.Source {
        var keys: [(name: ByteString, text: [UInt8])] = []
        for path in paths {
            do throws(SystemError) {
                if try !isSocket(path) {
                    CoreDumps.forbid()
                    keys.append((path, try Descriptor.open(hostPath: path).readAll(limit: Agents.maximumKeySize)))
                    continue
                }
            } catch {
                throw unreadable(path, of: id, error)
            }
            guard paths.count == 1 else {
                throw BuildFailure(
                    message: "SSH agent \(id.escaped): a socket and other paths",
                    remedy: "give one socket, or key files alone",
                    exitCode: 4
                )
            }
            return .socket(path)
        }
        return .keys(keys)
    }

    private static func unreadable(_ path: ByteString, of id: ByteString, _ error: SystemError) -> BuildFailure {
        let reason = error.code == EFBIG ? "it is no key: more than \(Agents.maximumKeySize >> 10) KiB" : error.reason
        return BuildFailure(
            message: "SSH agent \(id.escaped): \(path.escaped): \(reason)",
            remedy: error.isNotFound
                ? "name the agent's socket (ssh-add -l asks it), or a file with a private key" : nil,
            exitCode: 4
        )
    }

    private static func isSocket(_ path: ByteString) throws(SystemError) -> Bool {
        var status = stat()
        guard try path.withCPath({ stat($0, &status) }) == 0 else { throw SystemError.last("stat", path) }
        return status.st_mode & S_IFMT == S_IFSOCK
    }
}
