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
        let text = String(decoding: Base64.encode("\(username):\(password)".utf8), as: UTF8.self)
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

extension Web {
    /// What shows a name and a password; both are hidden in messages from then on.
    func basic(username: String, password: String) -> Authorization {
        let authorization = Authorization.basic(username: username, password: password)
        secrets.remember(password)
        secrets.remember(String(authorization.header.dropFirst("Basic ".count)))
        return authorization
    }
}

extension Authorization: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the secret.
    var description: String { isOfUser ? "authorization of a user" : "anonymous authorization" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
