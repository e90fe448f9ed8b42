internal import Bytes

/// One `--ssh default|ID[=SOCKET|=KEY[,KEY…]]`, as buildx reads it.
struct AgentOption {
    let id: ByteString
    /// One socket, or files with keys; which of them the engine sees.
    let paths: [ByteString]

    /// `environment`: where the socket is looked up that is not named.
    ///
    /// - Throws: `UsageError` for what names nothing.
    init(_ text: ByteString, environment: [ByteString: ByteString]) throws(UsageError) {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        id = parts[0].isEmpty ? "default" : ByteString(Array(parts[0]))
        let named = parts.count == 2 ? ByteString(Array(parts[1])).split(separator: UInt8(ascii: ",")) : []
        if named.contains(where: { !$0.isEmpty }) {
            paths = named.filter { !$0.isEmpty }
        } else {
            guard let socket = environment["SSH_AUTH_SOCK"], !socket.isEmpty else {
                throw .malformed(
                    flag: "--ssh",
                    value: text,
                    reason:
                        "it names no socket, and SSH_AUTH_SOCK is not set (sudo --preserve-env=SSH_AUTH_SOCK keeps it)"
                )
            }
            paths = [socket]
        }
    }
}
