internal import BuildEngine
internal import Bytes

/// One `--ssh default|ID[=SOCKET]`, as buildx reads it.
struct AgentOption {
    let id: ByteString
    let agent: BuildRequest.Agent

    private static let flag = "--ssh"

    /// - Parameter environment: where the socket is looked up that is not named.
    /// - Throws: `UsageError` for what names no socket, or more than one.
    init(_ text: ByteString, environment: [ByteString: ByteString]) throws(UsageError) {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        id = parts[0].isEmpty ? "default" : ByteString(Array(parts[0]))
        let paths = parts.count == 2 ? ByteString(Array(parts[1])).split(separator: UInt8(ascii: ",")) : []
        guard paths.count <= 1 else {
            throw .notSupported("several paths in --ssh", instead: AgentOption.keysInstead)
        }
        var path = paths.first ?? ""
        if path.isEmpty { path = environment["SSH_AUTH_SOCK"] ?? "" }
        guard !path.isEmpty else {
            throw .malformed(
                flag: AgentOption.flag,
                value: text,
                reason: "it names no socket, and SSH_AUTH_SOCK is not set (under sudo: sudo --preserve-env=SSH_AUTH_SOCK)"
            )
        }
        agent = .socket(path)
    }

    /// What to do with the key files that buildx takes.
    static let keysInstead = "put the keys into an agent: ssh-add FILE, then --ssh ID"
}
