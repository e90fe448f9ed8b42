import Bytes

/// Keys and tokens that are known by their form.
enum SecretText: CaseIterable {
    case privateKey
    case awsKey
    case githubToken
    case gitlabToken
    case slackToken
    case stripeKey
    case googleKey
    case npmToken

    /// What it is, without the secret.
    var description: String {
        switch self {
        case .privateKey: "a private key"
        case .awsKey: "an access key of AWS"
        case .githubToken: "a token of GitHub"
        case .gitlabToken: "a token of GitLab"
        case .slackToken: "a token of Slack"
        case .stripeKey: "a key of Stripe"
        case .googleKey: "an API key of Google"
        case .npmToken: "a token of npm"
        }
    }

    /// How it begins and how many letters, digits, `_` and `-` follow at least.
    private static let forms: [(secret: SecretText, start: [UInt8], length: Int)] = [
        (.awsKey, Array("AKIA".utf8), 16), (.awsKey, Array("ASIA".utf8), 16),
        (.githubToken, Array("ghp_".utf8), 36), (.githubToken, Array("gho_".utf8), 36),
        (.githubToken, Array("ghu_".utf8), 36), (.githubToken, Array("ghs_".utf8), 36),
        (.githubToken, Array("ghr_".utf8), 36), (.githubToken, Array("github_pat_".utf8), 40),
        (.gitlabToken, Array("glpat-".utf8), 20), (.slackToken, Array("xoxb-".utf8), 24),
        (.slackToken, Array("xoxp-".utf8), 24), (.slackToken, Array("xoxa-".utf8), 24),
        (.stripeKey, Array("sk_live_".utf8), 20), (.stripeKey, Array("rk_live_".utf8), 20),
        (.googleKey, Array("AIza".utf8), 35), (.npmToken, Array("npm_".utf8), 36),
    ]

    private static let keyStart = Array("-----BEGIN ".utf8)
    private static let keyEnd = Array("PRIVATE KEY-----".utf8)

    /// The first one in a text; nil if there is none.
    static func find(in text: [UInt8]) -> SecretText? {
        var isInWord = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "A"), UInt8(ascii: "g"), UInt8(ascii: "x"), UInt8(ascii: "s"), UInt8(ascii: "r"),
                UInt8(ascii: "n"):
                if !isInWord, let found = token(in: text, at: index) { return found }
            case Byte.minus:
                if text[index...].starts(with: keyStart), isPrivateKey(text[(index + keyStart.count)...]) {
                    return .privateKey
                }
            default: break
            }
            isInWord = isTokenByte(byte) && byte != Byte.minus
        }
        return nil
    }

    private static func token(in text: [UInt8], at index: Int) -> SecretText? {
        for form in forms where text[index...].starts(with: form.start) {
            let rest = text[(index + form.start.count)...].prefix(200).prefix(while: isTokenByte)
            // Keys of AWS have just this length; all of them mix digits in, which words do not.
            let fits = form.secret == .awsKey ? rest.count == form.length : rest.count >= form.length
            if fits, rest.contains(where: { $0 >= Byte.zero && $0 <= Byte.nine }) { return form.secret }
        }
        return nil
    }

    private static func isPrivateKey(_ rest: ArraySlice<UInt8>) -> Bool {
        let line = rest.prefix(64)
        return line.indices.contains { line[$0...].starts(with: keyEnd) }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        let lower = Ascii.lower(byte)
        return (0x61...0x7A).contains(lower) || (Byte.zero...Byte.nine).contains(byte) || byte == Byte.underscore
            || byte == Byte.minus
    }
}
