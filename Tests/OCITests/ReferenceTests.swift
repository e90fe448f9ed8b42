import Bytes
import OCI
import Testing

@Suite("Image names")
struct ReferenceTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    struct Completion: Sendable, CustomTestStringConvertible {
        let text: String
        let whole: String
        let familiar: String
        var testDescription: String { text }
    }

    @Test(
        "are completed as Docker completes them",
        arguments: [
            Completion(text: "busybox", whole: "docker.io/library/busybox:latest", familiar: "busybox:latest"),
            Completion(text: "busybox:1.36", whole: "docker.io/library/busybox:1.36", familiar: "busybox:1.36"),
            Completion(text: "team/app", whole: "docker.io/team/app:latest", familiar: "team/app:latest"),
            Completion(text: "docker.io/app", whole: "docker.io/library/app:latest", familiar: "app:latest"),
            Completion(text: "index.docker.io/app:x", whole: "docker.io/library/app:x", familiar: "app:x"),
            Completion(text: "library/app", whole: "docker.io/library/app:latest", familiar: "app:latest"),
            Completion(
                text: "library/team/app",
                whole: "docker.io/library/team/app:latest",
                familiar: "library/team/app:latest"
            ),
            Completion(text: "localhost/app", whole: "localhost/app:latest", familiar: "localhost/app:latest"),
            Completion(text: "localhost:5000", whole: "docker.io/library/localhost:5000", familiar: "localhost:5000"),
            Completion(
                text: "localhost:5000/app",
                whole: "localhost:5000/app:latest",
                familiar: "localhost:5000/app:latest"
            ),
            Completion(text: "host/app", whole: "docker.io/host/app:latest", familiar: "host/app:latest"),
            Completion(text: "Host/app", whole: "Host/app:latest", familiar: "Host/app:latest"),
            Completion(text: "[::1]:5000/app:v1", whole: "[::1]:5000/app:v1", familiar: "[::1]:5000/app:v1"),
            Completion(
                text: "[2001:DB8::1]/app",
                whole: "[2001:DB8::1]/app:latest",
                familiar: "[2001:DB8::1]/app:latest"
            ),
            Completion(
                text: "a.b/c/d--e/f__g/h.i_j:T_.-",
                whole: "a.b/c/d--e/f__g/h.i_j:T_.-",
                familiar: "a.b/c/d--e/f__g/h.i_j:T_.-"
            ),
            Completion(text: "app@\(digest)", whole: "docker.io/library/app@\(digest)", familiar: "app@\(digest)"),
            Completion(
                text: "app:v1@\(digest)",
                whole: "docker.io/library/app:v1@\(digest)",
                familiar: "app:v1@\(digest)"
            ),
        ]
    )
    func completes(_ expected: Completion) throws {
        let reference = try Reference(expected.text)
        #expect(reference.description == expected.whole)
        #expect(reference.familiar == expected.familiar)
        #expect(try Reference(reference.description) == reference)
        #expect(try Reference(reference.familiar) == reference)
    }

    @Test("are taken apart into registry, repository, tag and digest")
    func takesApart() throws {
        let reference = try Reference("registry.example:443/team/app:v1@\(Self.digest)")
        #expect(reference.domain == "registry.example:443")
        #expect(reference.path == "team/app")
        #expect(reference.name == "registry.example:443/team/app")
        #expect(reference.tag == "v1")
        #expect(reference.digest == (try Digest(Self.digest)))
        #expect(try Reference("app@\(Self.digest)").tag == nil)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let text: String
        let problem: OCIError.ReferenceProblem
        var testDescription: String { String(text.prefix(60)) }
    }

    @Test(
        "that are not well formed are refused with the part that is wrong",
        arguments: [
            Refusal(text: "", problem: .empty),
            Refusal(text: "Busybox", problem: .repositoryNotLowercase),
            Refusal(text: "a.b/Team/app", problem: .repositoryNotLowercase),
            Refusal(text: String(repeating: "0a", count: 32), problem: .isIdentifier),
            Refusal(text: "a//b", problem: .repository),
            Refusal(text: "a/../b", problem: .repository),
            Refusal(text: "../b", problem: .registry),
            Refusal(text: "/a", problem: .repository),
            Refusal(text: "a/", problem: .repository),
            Refusal(text: "a.b/", problem: .repository),
            Refusal(text: "a..b", problem: .repository),
            Refusal(text: "a___b", problem: .repository),
            Refusal(text: "a-/b", problem: .repository),
            Refusal(text: "-a", problem: .repository),
            Refusal(text: "a b", problem: .repository),
            Refusal(text: "a\nb", problem: .repository),
            Refusal(text: "a%2fb", problem: .repository),
            Refusal(text: "a\\b", problem: .repository),
            Refusal(text: "bücher", problem: .repository),
            Refusal(text: "https://a.b/c", problem: .registry),
            Refusal(text: "a.b:x/c", problem: .registry),
            Refusal(text: "a.b:/c", problem: .registry),
            Refusal(text: "a.b:123456/c", problem: .registry),
            Refusal(text: "-a.b/c", problem: .registry),
            Refusal(text: "user@a.b/c", problem: .digest),
            Refusal(text: "[]/c:1", problem: .repository),
            Refusal(text: "[::1/c", problem: .registry),
            Refusal(text: "a:", problem: .tag),
            Refusal(text: "a:.x", problem: .tag),
            Refusal(text: "a:b/c:d", problem: .registry),
            Refusal(text: "a:b:c", problem: .tag),
            Refusal(text: "a:ü", problem: .tag),
            Refusal(text: "a@", problem: .digest),
            Refusal(text: "a@sha256:abc", problem: .digest),
            Refusal(text: "a@\(digest)@\(digest)", problem: .digest),
            Refusal(text: "a.b/" + String(repeating: "x", count: 256), problem: .tooLong(limit: 255)),
            Refusal(text: "a:" + String(repeating: "x", count: 129), problem: .tooLong(limit: 128)),
            Refusal(text: String(repeating: "x", count: 10_000), problem: .tooLong(limit: 776)),
        ]
    )
    func refuses(_ refusal: Refusal) {
        #expect(throws: OCIError.malformedReference(ByteString(refusal.text), refusal.problem)) {
            try Reference(refusal.text)
        }
    }

    @Test("may be as long as the limits say")
    func takesLongParts() throws {
        let path = String(repeating: "x", count: 255)
        let tag = String(repeating: "T", count: 128)
        #expect(try Reference("a.b/\(path):\(tag)").path == path)
    }

    @Test("get another tag, and are pinned to a digest")
    func changesVersion() throws {
        let reference = try Reference("app:v1")
        let digest = try Digest(Self.digest)
        #expect(reference.pinned(to: digest).description == "docker.io/library/app:v1@\(Self.digest)")
        #expect(try reference.pinned(to: digest).tagged("v2").description == "docker.io/library/app:v2")
        #expect(throws: OCIError.malformedReference("a/b", .tag)) { try reference.tagged("a/b") }
    }
}
