/// What a request shows to be allowed: the value of its `Authorization` header.
struct Authorization: Hashable, Sendable {
    private enum Kind: Hashable {
        case basic
        case bearer(expiry: ContinuousClock.Instant)
    }

    private let kind: Kind
    /// Never to be shown.
    let header: String
    /// Whether it stands for a user, not for anybody.
    let isOfUser: Bool

    static func basic(username: String, password: String) -> Authorization {
        let text = Base64.encoded(Array("\(username):\(password)".utf8))
        return Authorization(kind: .basic, header: "Basic " + text, isOfUser: true)
    }

    static func bearer(_ token: String, expiry: ContinuousClock.Instant, isOfUser: Bool) -> Authorization {
        Authorization(kind: .bearer(expiry: expiry), header: "Bearer " + token, isOfUser: isOfUser)
    }

    /// A token counts as too old a little before it is, so that it does not become so on the way.
    func isFresh(at now: ContinuousClock.Instant) -> Bool {
        guard case .bearer(let expiry) = kind else { return true }
        return now + .seconds(5) < expiry
    }
}

extension Authorization: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the secret.
    var description: String { isOfUser ? "authorization of a user" : "anonymous authorization" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// RFC 4648 §4.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value = 0
            for offset in 0..<3 { value = value << 8 | (offset < group.count ? Int(group[start + offset]) : 0) }
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(isPadding ? UInt8(ascii: "=") : digits[value >> (18 - place * 6) & 63])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
