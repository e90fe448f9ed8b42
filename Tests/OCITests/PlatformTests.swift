import Bytes
import OCI
import Testing

@Suite("Platforms")
struct PlatformTests {
    private static let host = Platform(os: "linux", architecture: "arm64")

    struct Spelling: Sendable, CustomTestStringConvertible {
        let text: ByteString
        let normal: ByteString
        var testDescription: String { text.text }
    }

    @Test(
        "are read in every usual spelling",
        arguments: [
            Spelling(text: "linux/amd64", normal: "linux/amd64"),
            Spelling(text: "Linux/x86_64", normal: "linux/amd64"),
            Spelling(text: "linux/x86-64/v1", normal: "linux/amd64"),
            Spelling(text: "linux/amd64/v3", normal: "linux/amd64/v3"),
            Spelling(text: "linux/i386", normal: "linux/386"),
            Spelling(text: "linux/aarch64", normal: "linux/arm64"),
            Spelling(text: "linux/arm64/v8", normal: "linux/arm64"),
            Spelling(text: "linux/arm64/8", normal: "linux/arm64"),
            Spelling(text: "linux/arm64/v9.0", normal: "linux/arm64/v9"),
            Spelling(text: "linux/aarch64/v8.2", normal: "linux/arm64/v8.2"),
            Spelling(text: "linux/arm", normal: "linux/arm/v7"),
            Spelling(text: "linux/arm/6", normal: "linux/arm/v6"),
            Spelling(text: "linux/arm/V6", normal: "linux/arm/v6"),
            Spelling(text: "linux/armhf", normal: "linux/arm/v7"),
            Spelling(text: "linux/armel", normal: "linux/arm/v6"),
            Spelling(text: "macos/arm64", normal: "darwin/arm64"),
            Spelling(text: "linux", normal: "linux/arm64"),
            Spelling(text: "windows", normal: "windows/arm64"),
            Spelling(text: "riscv64", normal: "linux/riscv64"),
            Spelling(text: "x86_64", normal: "linux/amd64"),
            Spelling(text: "armhf", normal: "linux/arm/v7"),
            Spelling(text: "windows(10.0.17763)/amd64", normal: "windows(10.0.17763)/amd64"),
            Spelling(text: "windows(10.0+win32k)/amd64", normal: "windows(10.0+win32k)/amd64"),
            Spelling(text: "windows(10.0+win32k+b+b)/amd64", normal: "windows(10.0+b+win32k)/amd64"),
            Spelling(text: "unknown/unknown", normal: "unknown/unknown"),
        ]
    )
    func reads(_ spelling: Spelling) throws {
        let platform = try Platform(parsing: spelling.text, host: Self.host)
        #expect(platform.text == spelling.normal)
        #expect(try Platform(parsing: platform.text, host: Self.host) == platform)
    }

    @Test(
        "that are not well formed are refused",
        arguments: [
            "", "/", "linux/", "/amd64", "linux/amd64/v1/x", "linux//v1", "foo", "li nux/amd64", "linux/amd64\n",
            "linux/../x/y", "linux/amd64,linux/arm64", "windows(/amd64", "windows()x/amd64", "windows(a+)/amd64",
            "línux/arm", "li.nux/arm", "wasip1",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: OCIError.malformedPlatform(ByteString(text))) {
            try Platform(parsing: ByteString(text), host: Self.host)
        }
    }

    struct Match: Sendable, CustomTestStringConvertible {
        let wanted: ByteString
        let candidate: ByteString
        let preference: Int?
        var testDescription: String { "\(wanted) ← \(candidate)" }
    }

    @Test(
        "take images of older processors, the nearest first",
        arguments: [
            Match(wanted: "linux/amd64", candidate: "linux/x86_64/v1", preference: 0),
            Match(wanted: "linux/amd64", candidate: "linux/386", preference: 1),
            Match(wanted: "linux/amd64", candidate: "linux/amd64/v2", preference: nil),
            Match(wanted: "linux/amd64/v3", candidate: "linux/amd64/v2", preference: 1),
            Match(wanted: "linux/amd64/v3", candidate: "linux/amd64", preference: 2),
            Match(wanted: "linux/amd64", candidate: "linux/arm64", preference: nil),
            Match(wanted: "linux/amd64", candidate: "windows/amd64", preference: nil),
            Match(wanted: "linux/386", candidate: "linux/amd64", preference: nil),
            Match(wanted: "linux/arm64", candidate: "linux/arm64/v8", preference: 0),
            Match(wanted: "linux/arm64/v8", candidate: "linux/aarch64", preference: 0),
            Match(wanted: "linux/arm64", candidate: "linux/arm64/v9", preference: nil),
            Match(wanted: "linux/arm64/v8.2", candidate: "linux/arm64", preference: 2),
            Match(wanted: "linux/arm64/v9", candidate: "linux/arm64/v8.5", preference: 1),
            Match(wanted: "linux/arm64/v9.2", candidate: "linux/arm64/v9", preference: 2),
            Match(wanted: "linux/arm64", candidate: "linux/arm/v7", preference: 2),
            Match(wanted: "linux/arm64", candidate: "linux/arm/v4", preference: nil),
            Match(wanted: "linux/arm/v7", candidate: "linux/arm/v5", preference: 2),
            Match(wanted: "linux/arm/v6", candidate: "linux/arm", preference: nil),
            Match(wanted: "linux/arm64/v99999999999", candidate: "linux/arm64", preference: nil),
            Match(wanted: "windows(10.0.1)/amd64", candidate: "windows(10.0.1)/amd64", preference: 0),
            Match(wanted: "windows(10.0.1)/amd64", candidate: "windows(10.0.2)/amd64", preference: nil),
            Match(wanted: "windows/amd64", candidate: "windows(10.0.2)/amd64", preference: 0),
            Match(wanted: "linux/amd64", candidate: "unknown/unknown", preference: nil),
        ]
    )
    func prefers(_ match: Match) throws {
        let wanted = try Platform(parsing: match.wanted)
        let candidate = try Platform(parsing: match.candidate)
        #expect(wanted.preference(for: candidate) == match.preference)
        #expect(wanted.accepts(candidate) == (match.preference != nil))
    }

    @Test("of the host are normal and accept themselves")
    func hostIsNormal() {
        #expect(Platform.host.normalized == .host)
        #expect(Platform.host.preference(for: .host) == 0)
    }
}
