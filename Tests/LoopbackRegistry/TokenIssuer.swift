import Synchronization

/// What token servers of the tests share with the registries they serve: which token allows what.
package final class TokenIssuer: Sendable {
    private struct State {
        var issued = 0
        var grants: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// How many tokens were issued.
    package var count: Int { state.withLock { $0.issued } }

    func issue(for scopes: [String]) -> String {
        state.withLock { state in
            state.issued += 1
            let token = "loopback-token-\(state.issued)"
            state.grants[token] = Set(scopes.flatMap(TokenIssuer.single))
            return token
        }
    }

    /// No token that was issued is taken any more.
    package func revokeAll() { state.withLock { $0.grants = [:] } }

    func isKnown(_ token: String) -> Bool { state.withLock { $0.grants[token] != nil } }

    func allows(_ token: String, _ scope: String) -> Bool {
        state.withLock { $0.grants[token]?.contains(scope) ?? false }
    }

    /// `repository:a:pull,push` as one scope for each action.
    private static func single(_ scope: String) -> [String] {
        guard let colon = scope.lastIndex(of: ":") else { return [scope] }
        return scope[scope.index(after: colon)...].split(separator: ",").map { String(scope[...colon] + $0) }
    }
}
