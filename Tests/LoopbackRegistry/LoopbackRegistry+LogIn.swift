import Bytes
import Foundation

extension LoopbackRegistry {
    /// The 401 or 403 that a request gets for want of a log-in; nil where it may pass.
    func refusal(of request: RecordedRequest, _ state: State) -> LoopbackAnswer? {
        guard request.path.hasPrefix("/v2") else { return nil }
        let shown = request.headers["authorization"]
        switch state.options.logIn {
        case .none: return nil
        case .basic(let username, let password):
            if shown == LoopbackRegistry.basic(username, password) { return nil }
            return challenge("Basic realm=\"loopback\"")
        case .bearer(let issuer, let realm):
            let token = shown.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst("Bearer ".count)) : nil }
            let scope = LoopbackRegistry.scope(of: request)
            if let token, issuer.isKnown(token), scope.isEmpty || issuer.allows(token, scope) { return nil }
            let scheme = state.options.certificates == nil ? "http" : "https"
            let place = realm ?? "\(scheme)://\(host)/token"
            let named = scope.isEmpty ? "" : ",scope=\"\(scope)\""
            return challenge("Bearer realm=\"\(place)\",service=\"loopback\"\(named)")
        }
    }

    private func challenge(_ text: String) -> LoopbackAnswer {
        var answer = LoopbackAnswer.error(401, "UNAUTHORIZED", "authentication required")
        answer.headers.append(("WWW-Authenticate", text))
        return answer
    }

    /// What a request needs to be allowed, such as `repository:team/app:push`.
    private static func scope(of request: RecordedRequest) -> String {
        let parts = request.path.split(separator: "/").map(String.init)
        let end = parts.lastIndex { ["manifests", "blobs"].contains($0) }
        guard let end, end > 1 else { return "" }
        let isRead = request.method == "GET" || request.method == "HEAD"
        return "repository:\(parts[1..<end].joined(separator: "/")):\(isRead ? "pull" : "push")"
    }

    /// A token server: by password, by identity token, or for anybody.
    func token(_ request: RecordedRequest, _ state: State) -> LoopbackAnswer {
        guard case .bearer(let issuer, _) = state.options.logIn else { return .error(404, "NOT_FOUND") }
        var scopes = request.queries("scope").flatMap { $0.split(separator: " ").map(String.init) }
        var isUser = false
        if request.method == "POST" {
            let form = RecordedRequest.fields(String(decoding: request.body, as: UTF8.self))
            let token = form.first { $0.0 == "refresh_token" }?.1
            guard let token, token == state.options.identityToken else {
                return .error(401, "UNAUTHORIZED", "bad refresh token \(token ?? "")")
            }
            scopes = form.filter { $0.0 == "scope" }.flatMap { $0.1.split(separator: " ").map(String.init) }
            isUser = true
        } else if let shown = request.headers["authorization"] {
            guard let user = state.options.user, shown == LoopbackRegistry.basic(user.name, user.password) else {
                return .error(401, "UNAUTHORIZED", "incorrect username or password, you sent \(shown)")
            }
            isUser = true
        }
        if !isUser {
            let pulls = scopes.map { $0.replacingOccurrences(of: ",push", with: "") }.filter { !$0.hasSuffix(":push") }
            scopes = state.options.isPrivate ? [] : pulls
        }
        var members = "\"token\":\"\(issuer.issue(for: scopes))\""
        if let lifetime = state.options.expiresIn { members += ",\"expires_in\":\(lifetime)" }
        if isUser, request.query("offline_token") == "true", let token = state.options.identityToken {
            members += ",\"refresh_token\":\"\(token)\""
        }
        return LoopbackAnswer(200, headers: [("Content-Type", "application/json")], body: Array("{\(members)}".utf8))
    }

    private static func basic(_ username: String, _ password: String) -> String {
        "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
    }
}
