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

    /// `host[:port][/path]`, also with a tag or digest; or `*.domain`.
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
    /// - Parameter name: registry and repository, with tag and digest.
    /// - Returns: bytes from the name's start; nil if the rule is for other names.
    func matchedLength(of name: String) -> Int? {
        if prefix.hasPrefix("*.") {
            let host = name.prefix { $0 != "/" }
            let suffix = prefix.dropFirst()
            return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix) ? host.utf8.count : nil
        }
        guard name.hasPrefix(prefix) else { return nil }
        switch name.utf8.dropFirst(prefix.utf8.count).first {
        case nil, UInt8(ascii: "/"), UInt8(ascii: "@"): return prefix.utf8.count
        // A host's port is a part of it; a repository's tag is not.
        case UInt8(ascii: ":") where prefix.contains("/"): return prefix.utf8.count
        default: return nil
        }
    }

    /// The host and the port of a location or a prefix.
    static func host(of place: String) -> String { String(place.prefix { $0 != "/" }) }
}
