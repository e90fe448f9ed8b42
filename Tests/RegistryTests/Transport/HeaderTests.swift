import Bytes
import Testing

// Headers are read by small pure types that nothing of the module's face shows alone.
@testable import Registry

@Suite("Headers")
struct HeaderTests {
    struct Challenges: CustomTestStringConvertible, Sendable {
        let lines: [String]
        let result: [Challenge]

        init(_ lines: String..., to result: Challenge...) {
            self.lines = lines
            self.result = result
        }

        var testDescription: String { lines.joined(separator: " | ") }
    }

    private static func bearer(_ parameters: [String: String]) -> Challenge {
        Challenge(scheme: "bearer", parameters: parameters)
    }

    @Test(
        "challenges are told apart, in one line and in several",
        arguments: [
            Challenges("Basic", to: Challenge(scheme: "basic", parameters: [:])),
            Challenges(
                #"Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push""#,
                to: bearer(["realm": "https://a/t", "service": "s", "scope": "repository:a/b:pull,push"])
            ),
            Challenges(
                #"BASIC Realm="a \"b\", c" , bearer REALM = "x""#,
                to: Challenge(scheme: "basic", parameters: ["realm": #"a "b", c"#]),
                bearer(["realm": "x"])
            ),
            Challenges(
                "Negotiate, Basic realm=x",
                #"Bearer realm="y""#,
                to: Challenge(scheme: "negotiate", parameters: [:]),
                Challenge(scheme: "basic", parameters: ["realm": "x"]),
                bearer(["realm": "y"])
            ),
            Challenges(#"Bearer realm="a",realm="b""#, to: bearer(["realm": "a"])),
            Challenges(#"Bearer realm="no end"#, to: bearer(["realm": "no end"])),
            Challenges("Bearer realm=", to: bearer([:])), Challenges(",, ="), Challenges(""),
        ]
    )
    func challenges(_ row: Challenges) { #expect(Challenge.parse(row.lines) == row.result) }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("0", Duration.seconds(0)), ("120", .seconds(120)), ("99999999999999999999", .seconds(1 << 31)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)), ("Sun, 06 Nov 1994 08:48:00 GMT", .seconds(0)),
            ("-1", nil), ("soon", nil), ("", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("1.5", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(_ text: String, _ result: Duration?) {
        #expect(RetryAfter.duration(text, now: 784_111_740) == result)
    }

    @Test(
        "a token may be used for at least a minute and at most a day",
        arguments: [
            ("", 60), (#","expires_in":-1"#, 60), (#","expires_in":0"#, 60), (#","expires_in":300"#, 300),
            (#","expires_in":1e99"#, 86_400), (#","expires_in":-1e99"#, 60), (#","expires_in":"9""#, 60),
            (#","expires_in":99999999"#, 86_400),
        ]
    )
    func lifetime(_ member: String, _ seconds: Int) throws {
        let answer = try TokenAnswer(Array(#"{"access_token":"t"\#(member)}"#.utf8), registry: "r")
        #expect(answer.lifetime == .seconds(seconds))
        #expect(answer.token == "t")
    }

    @Test(
        "a password goes to the registry's own domain only",
        arguments: [
            ("registry-1.docker.io", "auth.docker.io", true), ("ghcr.io", "ghcr.io", true),
            ("registry.gitlab.com", "gitlab.com", true), ("rg.fr-par.scw.cloud", "api.scaleway.com", true),
            ("a.azurecr.io", "b.azurecr.io", false), ("r.co.uk", "s.co.uk", false), ("a.r.co.uk", "b.r.co.uk", true),
            ("docker.io", "docker.io.attacker.example", false), ("docker.io", "attackerdocker.io", false),
            ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "1.0.0.1", false), ("10.0.0.1:5000", "10.0.0.1", true),
            ("localhost:1", "127.0.0.1:2", true), ("r.example", "auth.trusted.example", true),
            ("io", "docker.io", false),
        ]
    )
    func trust(_ registry: String, _ realm: String, _ isTrusted: Bool) throws {
        let registry = try #require(Origin(scheme: .https, authority: registry))
        let realm = try #require(Origin(scheme: .https, authority: realm))
        let trusted: Set<String> = registry.host == "r.example" ? ["auth.trusted.example"] : []
        #expect(TokenServerTrust.permits(realm, for: registry, trusted: trusted) == isTrusted)
    }

    @Test(
        "what a registry says is short and safe to show",
        arguments: [
            (#"{"errors":[{"code":"A_B","message":"c"},{"message":"d"}]}"#, nil, "a b: c; d"),
            (#"{"errors":[{"code":"DENIED","message":"denied"}]}"#, nil, "denied"),
            (#"{"error":"invalid_grant","error_description":"bad"}"#, nil, "bad"), ("[]", nil, ""),
            (#"{"details":"a\nb"}"#, nil, "a b"), ("plain\nmore", "text/plain; charset=utf-8", "plain"),
            ("<html>", "text/html", ""), ("\u{1B}[2J", "text/plain", "\\x1b[2J"),
        ] as [(String, String?, String)]
    )
    func told(_ body: String, _ type: String?, _ text: String) {
        #expect(ToldText.text(of: Array(body.utf8), contentType: type) == text)
    }

    @Test("a secret is hidden before a message is cut")
    func secretAtTheEnd() {
        let secrets = Secrets()
        secrets.remember("top-secret")
        let body = "{\"message\":\"\(String(repeating: "x", count: 235))top-secret\"}"
        let text = ToldText.text(of: Array(body.utf8), contentType: nil, hiding: secrets)
        #expect(text == String(repeating: "x", count: 235) + "…")
    }

    @Test("a long message is cut")
    func longMessage() {
        let body = "{\"message\":\"\(String(repeating: "x", count: 5000))\"}"
        #expect(ToldText.text(of: Array(body.utf8), contentType: nil).count == 241)
    }

    @Test("an authorization shows no secret, however it is printed")
    func hiddenAuthorization() {
        let authorization = Authorization.basic(username: "user", password: "pw")
        #expect(authorization.header == "Basic dXNlcjpwdw==")
        var dumped = ""
        dump(authorization, to: &dumped)
        let printed = "\(authorization) \(String(reflecting: authorization)) \(dumped)"
        #expect(!printed.contains("dXNlcjpwdw=="))
    }
}
