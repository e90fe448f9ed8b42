import Bytes

/// Passwords in the addresses of services: `postgres://user:password@host` (RFC 3986, "User Information").
enum URLPassword {
    /// What stands there as an example, or as what everybody knows.
    private static let samples: Set<ByteString> = [
        "password", "passwd", "pass", "pwd", "secret", "changeme", "change_me", "example", "test", "dummy", "root",
        "admin", "user", "username", "guest", "postgres", "mysql", "mariadb", "redis", "token", "x-oauth-basic",
    ]
    private static let localHosts: [ByteString] = ["localhost", "127.0.0.1", "[::1]"]
    /// How much of an address is looked at.
    private static let limit = 512

    /// Whether a colon begins the rest of an address that has a password.
    static func stands(in text: [UInt8], after colon: Int) -> Bool {
        let slashes = [Byte.slash, Byte.slash]
        guard text[(colon + 1)...].starts(with: slashes), colon > 0, isLetter(text[colon - 1]) else { return false }
        let rest = text[(colon + 3)...].prefix(limit)
        let authority = rest.prefix {
            $0 > Byte.space && $0 != Byte.slash && $0 != Byte.singleQuote && $0 != Byte.doubleQuote
        }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let information = authority[..<at]
        guard let separator = information.firstIndex(of: Byte.colon) else { return false }
        let user = ByteString(Array(information[..<separator]))
        let password = ByteString(Array(information[(separator + 1)...]))
        let host = ByteString(Array(authority[(at + 1)...]))
        return isSecret(password, of: user) && !localHosts.contains { host.hasPrefix($0) }
    }

    private static func isSecret(_ password: ByteString, of user: ByteString) -> Bool {
        // What a shell, a template or a reader is to fill in.
        let isFilledIn = password.bytes.contains { "$%<{*".utf8.contains($0) }
        let lower = Ascii.lower(password)
        return password.count >= 4 && !isFilledIn && !samples.contains(lower) && lower != Ascii.lower(user)
            && Set(lower.bytes).count > 1
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(Ascii.lower(byte)) }
}
