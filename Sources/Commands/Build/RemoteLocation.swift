internal import Bytes

/// Tells locations of other machines, as docker writes them, from paths.
enum RemoteLocation {
    private static let schemes: [(prefix: ByteString, kind: String)] = [
        ("http://", "a URL"), ("https://", "a URL"), ("git://", "a git repository"), ("ssh://", "a git repository"),
        ("git@", "a git repository"), ("github.com/", "a git repository"),
    ]

    /// What the location is, for messages; nil for a path.
    static func kind(of location: ByteString) -> String? {
        guard let found = schemes.first(where: { location.hasPrefix($0.prefix) }) else { return nil }
        let path = location.split(separator: UInt8(ascii: "#"))[0]
        return path.hasSuffix(".git") ? "a git repository" : found.kind
    }
}
