import Testing

// The address is what the whole safety of redirects stands on, and nothing of the module's face shows it alone.
@testable import Registry

@Suite("Web addresses")
struct WebAddressTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let text: String
        /// The address as it is sent; nil where it is refused.
        let result: String?

        init(_ text: String, _ result: String?) {
            self.text = text
            self.result = result
        }

        var testDescription: String { text }
    }

    @Test(
        "absolute addresses are read, in one form, or refused",
        arguments: [
            Row("https://Ghcr.IO/v2/", "https://ghcr.io/v2/"), Row("http://a:80", "http://a/"),
            Row("https://a:443/x?y=z#part", "https://a/x?y=z"), Row("https://a:5000?q", "https://a:5000/?q"),
            Row("HTTPS://[::1]:5000/x", "https://[::1]:5000/x"), Row("https://a/b/../c/./d", "https://a/c/d"),
            Row("https://a/../../b", "https://a/b"),
            Row("https://a/x|y{z}?a=\"b\"", "https://a/x%7Cy%7Bz%7D?a=%22b%22"),
            Row("https://a/%2e%2E/%20?%41", "https://a/%2e%2E/%20?%41"), Row("file:///etc/passwd", nil),
            Row("unix:/run/x", nil), Row("http+unix://x/", nil), Row("ftp://a/", nil), Row("https:///x", nil),
            Row("https://user:pw@a/", nil), Row("https://a\\@b/", nil), Row("https://a b/", nil),
            Row("https://a:0/", nil), Row("https://a:65536/", nil), Row("https://a:1x/", nil),
            Row("https://ä/", nil), Row("https://a/\n", nil), Row("https://a/\u{0}", nil), Row("", nil), Row("/x", nil),
        ]
    )
    func absolute(_ row: Row) { #expect(WebAddress(row.text)?.text == row.result) }

    @Test(
        "what a Location means depends on where it came from",
        arguments: [
            Row("https://b/x", "https://b/x"), Row("//b/x?y", "https://b/x?y"), Row("/x", "https://a:1/x"),
            Row("x?y=1", "https://a:1/v2/t/x?y=1"), Row("../x", "https://a:1/v2/x"), Row("?n", "https://a:1/v2/t/u?n"),
            Row("", "https://a:1/v2/t/"), Row("/x//y", "https://a:1/x//y"), Row("javascript:x", nil),
            Row("file:/x", nil), Row("data:,x", nil), Row("https:x", nil),
        ]
    )
    func relative(_ row: Row) throws {
        let base = try #require(WebAddress("https://a:1/v2/t/u?old"))
        #expect(base.resolving(row.text)?.text == row.result)
    }

    @Test("a query is added to, and not shown")
    func query() throws {
        let address = try #require(WebAddress("https://a/x?sig=secret")).adding("digest", "sha256:1 &")
        #expect(address.text == "https://a/x?sig=secret&digest=sha256%3A1%20%26")
        #expect("\(address)" == "https://a/x")
        #expect(try #require(WebAddress("https://a/x")).adding("a", "b").text == "https://a/x?a=b")
    }

    @Test(
        "this machine is known by its name alone",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9:1", true), ("localhost:5000", true), ("x.localhost", true),
            ("[::1]:5000", true), ("128.0.0.1", false), ("127.0.0.1.example", false), ("localhost.example", false),
        ]
    )
    func loopback(_ authority: String, _ isLoopback: Bool) throws {
        #expect(try #require(Origin(scheme: .https, authority: authority)).isLoopback == isLoopback)
    }
}
