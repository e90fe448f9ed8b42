/// What a user proves to a registry who he is with.
///
/// Every way to print it hides the secret.
package struct Credential: Sendable, Hashable {
    /// The secret half.
    package enum Secret: Sendable, Hashable {
        case password(String)
        /// A refresh token of OAuth2, which the registry's token server takes in place of name and password.
        case identityToken(String)
    }

    /// May be empty, or `<token>`, beside an identity token.
    package let username: String
    package let secret: Secret

    package init(username: String, password: String) {
        self.username = username
        self.secret = .password(password)
    }

    package init(username: String, identityToken: String) {
        self.username = username
        self.secret = .identityToken(identityToken)
    }

    /// The password, where the secret is one.
    package var password: String? {
        guard case .password(let text) = secret else { return nil }
        return text
    }

    /// The identity token, where the secret is one.
    package var identityToken: String? {
        guard case .identityToken(let text) = secret else { return nil }
        return text
    }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "credential of \(username.isEmpty ? "a token" : username)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}

extension Credential.Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
