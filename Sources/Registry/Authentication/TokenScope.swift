/// What a token allows, in the form of the token specification of distribution: `repository:team/app:pull,push`.
struct TokenScope: Hashable, Sendable {
    enum Action: String, Hashable, Sendable, Comparable, CaseIterable {
        case pull
        case push

        static func < (left: Action, right: Action) -> Bool { left.rawValue < right.rawValue }
    }

    let repository: String
    let actions: Set<Action>

    var text: String {
        "repository:\(repository):" + actions.sorted().map(\.rawValue).joined(separator: ",")
    }

    static func pull(_ repository: String) -> TokenScope { TokenScope(repository: repository, actions: [.pull]) }

    static func push(_ repository: String) -> TokenScope {
        TokenScope(repository: repository, actions: [.pull, .push])
    }
}

/// For whom and for what a request is allowed.
struct Access: Hashable, Sendable {
    /// The host by which credentials are kept: `docker.io`, `127.0.0.1:5000`, a mirror's own.
    let registry: String
    /// Who answers the registry's requests; an authorization never goes to another.
    let origin: Origin
    /// The repository whose credential is asked for; empty for a log-in.
    let repository: String
    let scopes: [TokenScope]
}
