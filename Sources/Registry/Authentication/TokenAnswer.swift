internal import Bytes

/// What a token server gives (the token specification of distribution; RFC 6749 §5.1).
struct TokenAnswer {
    let token: String
    /// How long the token may be used.
    let lifetime: Duration
    /// What gets further tokens without the password, where it was asked for.
    let refreshToken: String?

    static let limit = 1 << 20
    private static let lifetimes: ClosedRange<Int64> = 60...86_400

    /// - Throws: `RegistryError.malformedToken`.
    init(_ body: [UInt8], registry: String) throws(RegistryError) {
        guard let document = try? JSONValue(parsing: body, maximumDepth: 32) else {
            throw .malformedToken(registry: registry, reason: "gave no JSON")
        }
        func text(_ name: ByteString) -> String? {
            guard let text = document[name]?.string?.text, !text.isEmpty else { return nil }
            return text
        }
        guard let token = text("token") ?? text("access_token") else {
            throw .malformedToken(registry: registry, reason: "gave no token")
        }
        // What goes into a header must not be able to end it.
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformedToken(registry: registry, reason: "gave a token that is not plain text")
        }
        self.token = token
        refreshToken = text("refresh_token")
        lifetime = TokenAnswer.lifetime(document["expires_in"])
    }

    /// 60 seconds where it is not said, which is what old token servers mean.
    private static func lifetime(_ value: JSONValue?) -> Duration {
        guard case .number(let digits)? = value, let seconds = Double(digits.text) else { return .seconds(60) }
        let whole = Int64(exactly: seconds.rounded()) ?? (seconds < 0 ? 0 : .max)
        return .seconds(min(max(whole, lifetimes.lowerBound), lifetimes.upperBound))
    }
}
