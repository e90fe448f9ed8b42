internal import Bytes

/// One `[[registry]]` of registries.conf: which names it is for, and where they are looked for.
struct RegistryRule: Sendable, Hashable {
    /// For which references a mirror is asked.
    enum MirrorUse: String, Sendable { case all, digestOnly = "digest-only", tagOnly = "tag-only" }

    /// One place that has copies.
    struct Mirror: Sendable, Hashable {
        let location: String
        let isInsecure: Bool
        let use: MirrorUse
    }

    /// `host[:port][/path]` or `*.domain`.
    let prefix: String
    /// What stands in the place of the prefix; nil if names stay as they are.
    let location: String?
    let isInsecure: Bool
    let isBlocked: Bool
    let mirrors: [Mirror]
    /// The file that says so.
    let file: ByteString

    /// How much of the name the rule is for: the length of what its location replaces.
    ///
    /// A prefix without a port is for all ports of its host, as with the containers tools: a host that is blocked is so on
    /// each of them.
    ///
    /// - Parameter name: registry and repository.
    /// - Returns: bytes from the name's start; nil if the rule is for other names.
    func matchedLength(of name: String) -> Int? {
        let host = name.prefix { $0 != "/" && $0 != ":" }
        if prefix.hasPrefix("*.") {
            let suffix = prefix.dropFirst()
            return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix) ? host.utf8.count : nil
        }
        guard name.hasPrefix(prefix) else { return nil }
        let next = name.utf8.dropFirst(prefix.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: ":") ? prefix.utf8.count : nil
    }

    /// The host and the port of a location or a prefix.
    static func host(of place: String) -> String { String(place.prefix { $0 != "/" }) }
}
