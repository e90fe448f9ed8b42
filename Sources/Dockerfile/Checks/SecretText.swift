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
    case openAIKey
    case anthropicKey
    case huggingFaceToken
    case dockerToken
    case pypiToken
    case sendGridKey
    case webToken
    case password

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
        case .openAIKey: "a key of OpenAI"
        case .anthropicKey: "a key of Anthropic"
        case .huggingFaceToken: "a token of Hugging Face"
        case .dockerToken: "a token of Docker"
        case .pypiToken: "a token of PyPI"
        case .sendGridKey: "a key of SendGrid"
        case .webToken: "a JSON Web Token"
        case .password: "a password in a URL"
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
        (.openAIKey, Array("sk-proj-".utf8), 40), (.openAIKey, Array("sk-svcacct-".utf8), 40),
        (.anthropicKey, Array("sk-ant-".utf8), 40), (.huggingFaceToken, Array("hf_".utf8), 34),
        (.dockerToken, Array("dckr_pat_".utf8), 27), (.pypiToken, Array("pypi-AgEI".utf8), 40),
    ]
    /// Those of several parts with dots between: how each begins and how long it is at least.
    private static let parted: [(secret: SecretText, parts: [(start: [UInt8], length: Int)])] = [
        (.sendGridKey, [(Array("SG".utf8), 0), ([], 22), ([], 43)]),
        (.webToken, [(Array("eyJ".utf8), 10), (Array("eyJ".utf8), 10), ([], 20)]),
    ]

    private static let keyStart = Array("-----BEGIN ".utf8)
    private static let keyEnds = [Array("PRIVATE KEY-----".utf8), Array("PRIVATE KEY BLOCK-----".utf8)]

    /// The first one in a text; nil if there is none.
    static func find(in text: [UInt8]) -> SecretText? {
        var isInWord = false
        var hasPassword = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "A"), UInt8(ascii: "g"), UInt8(ascii: "x"), UInt8(ascii: "s"), UInt8(ascii: "r"),
                UInt8(ascii: "n"), UInt8(ascii: "h"), UInt8(ascii: "d"), UInt8(ascii: "p"):
                if !isInWord, let found = token(in: text, at: index) { return found }
            case UInt8(ascii: "S"), UInt8(ascii: "e"):
                // Parts are long: two tokens never share bytes, or a text of many beginnings would take long.
                let isFirst = index == 0 || !isTokenByte(text[index - 1])
                if isFirst, let found = partedToken(in: text, at: index) { return found }
            case Byte.colon:
                // A token is told rather than that it is in a URL.
                if !hasPassword { hasPassword = URLPassword.stands(in: text, after: index) }
            case Byte.minus:
                if text[index...].starts(with: keyStart), isPrivateKey(text[(index + keyStart.count)...]) {
                    return .privateKey
                }
            default: break
            }
            isInWord = isTokenByte(byte) && byte != Byte.minus
        }
        return hasPassword ? .password : nil
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

    private static func partedToken(in text: [UInt8], at start: Int) -> SecretText? {
        for form in parted {
            var rest = text[start...].prefix(8192)
            var isWhole = true
            for (number, part) in form.parts.enumerated() {
                guard rest.starts(with: part.start) else {
                    isWhole = false
                    break
                }
                rest = rest.dropFirst(part.start.count)
                let length = rest.prefix(while: isTokenByte).count
                rest = rest.dropFirst(length)
                let isLast = number == form.parts.count - 1
                guard length >= part.length, isLast || rest.first == Byte.dot else {
                    isWhole = false
                    break
                }
                rest = rest.dropFirst()
            }
            if isWhole { return form.secret }
        }
        return nil
    }

    private static func isPrivateKey(_ rest: ArraySlice<UInt8>) -> Bool {
        let line = rest.prefix(64)
        return line.indices.contains { index in keyEnds.contains { line[index...].starts(with: $0) } }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        let lower = Ascii.lower(byte)
        return (0x61...0x7A).contains(lower) || (Byte.zero...Byte.nine).contains(byte) || byte == Byte.underscore
            || byte == Byte.minus
    }
}
