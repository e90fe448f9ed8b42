import Bytes
import Dockerfile
import Graph
import OCI
import Testing

@Suite("ADD of what is elsewhere, lowered")
struct RemoteLoweringTests {
    private func files(_ result: LoweringResult) -> [HTTPSource] {
        result.graph.vertices.compactMap { vertex in
            guard case .source(.http(let file)) = vertex.operation else { return nil }
            return file
        }
    }

    struct Name: CustomTestStringConvertible, Sendable {
        let url: ByteString
        let name: ByteString
        let word: ByteString

        init(_ url: ByteString, _ name: ByteString, _ word: ByteString? = nil) {
            self.url = url
            self.name = name
            self.word = word ?? "/" + name
        }

        var testDescription: String { url.escaped }
    }

    @Test(
        "the last part of the path is the file's name",
        arguments: [
            Name("http://h/a/b.tar.gz?x=/y#z", "b.tar.gz"), Name("https://h/a//", "a"), Name("http://h", "__unnamed__"),
            Name("http://h/", "__unnamed__"), Name("http://h?a/b", "__unnamed__"), Name("http://h/a%2Fb", "b"),
            Name("http://h/%2e%2e", "download"), Name("http://h/..", "download"), Name("http://h/a%00b", "download"),
            Name("http://h/a%20b+c", "a b+c"), Name("http://h/a%2ab", "a*b", "/a[*]b"),
            Name("http://h/%ff", "\u{FFFD}"),
            Name("http://h/x?.y", "x"), Name("http://h/[%5c*", "[\\*", "/[[]\\\\[*]"),
        ]
    )
    func names(_ name: Name) async throws {
        let result = try await lower("FROM scratch\nADD [\"" + name.url + "\", \"/d/\"]")
        let file = try #require(files(result).first)
        if name.url.hasSuffix("%ff") { return #expect(file.fileName.bytes == [0xFF]) }
        #expect(file.fileName == name.name)
        #expect(result.copies.map(\.origin) == [.input(1, path: name.word)])
    }

    @Test("what is asked for has neither user nor fragment, and is encoded where it must be")
    func address() async throws {
        let result = try await lower(
            "FROM scratch\nARG who=me:se%40cret\nADD [\"http://$who@h:1/a b?q={}\u{e9}#f\", \"/\"]"
        )
        let file = try #require(files(result).first)
        #expect(file.address == "http://h:1/a%20b?q=%7B%7D%C3%A9")
        #expect(file.shown == "http://h:1/a%20b?…")
        #expect(file.host == "h")
        #expect(file.user == RemoteUser(name: "me", password: "se@cret"))
        #expect(!result.names.contains { $0.contains("cret") })
        #expect(!"\(file)".contains("cret"))
        #expect(result.warnings.count == 1)
        // The image's history is what BuildKit writes.
        #expect(result.history.last?.hasPrefix("ADD http://me:se%40cret@h:1/a b") == true)
    }

    @Test("a URL is one vertex, whoever adds it; the build context is an input only of those that name a path")
    func inputs() async throws {
        let result = try await lower(
            "FROM scratch\nADD http://h/a http://h/b /d/\nADD http://h/a b http://h/c /e/\nADD <<x /f\ny\nx\n"
        )
        #expect(files(result).map(\.fileName) == ["a", "b", "c"])
        #expect(
            result.copies.map(\.origin) == [
                .input(1, path: "/a"), .input(2, path: "/b"), .input(1, path: "/a"), .input(2, path: "b"),
                .input(3, path: "/c"), .inline(name: "x", content: "y\n"),
            ]
        )
        #expect(result.graph.vertices.map(\.inputs.count) == [0, 0, 0, 3, 0, 0, 4, 1])
        #expect(result.history.first == "ADD http://h/a http://h/b /d/ # buildkit")
        #expect(result.graph.vertices[1].range?.first == 2)
    }

    @Test("a downloaded archive stays packed unless it is told not to")
    func unpacking() async throws {
        let result = try await lower(
            "FROM scratch\nADD http://h/a /\nADD --unpack http://h/a /\nADD --unpack=false http://h/a /\n"
                + "ADD --unpack=true a http://h/a /d/\nADD a http://h/a /d/"
        )
        #expect(result.copies.map(\.unpacksArchives) == [false, true, false, true, true, true, false])
    }

    @Test("the other flags are those of COPY")
    func flags() async throws {
        let copy = try #require(
            try await lower("FROM scratch\nADD --chown=1 --link --exclude=x http://h/a /d").copies.first
        )
        #expect(copy.owner == "1" && copy.isLinked && copy.excludes == ["x"] && copy.destination == "/d")
        #expect(try await lower("FROM scratch\nADD --chmod=7 http://h/a /").copies.first?.mode == .absolute(7))
    }

    @Test("a checksum is part of what is asked for")
    func checksum() async throws {
        let digest = Digest(of: [])
        let text = "FROM scratch\nARG SUM=\(digest)\nADD --checksum=$SUM http://h/a /\nADD --checksum= http://h/a /"
        #expect(files(try await lower(ByteString(text))).map(\.checksum) == [digest, nil])
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let words: ByteString
        let reason: GraphError.Reason

        init(_ words: ByteString, _ reason: GraphError.Reason) {
            self.words = words
            self.reason = reason
        }

        var testDescription: String { words.escaped }
    }

    private static let sum: ByteString = "--checksum=" + ByteString(Digest(of: []).description)

    @Test(
        "what cannot be meant is refused, with its line",
        arguments: [
            Refusal(sum + " http://h/a http://h/b /d/", .checksumOfSeveral), Refusal(sum + " a /", .checksumOfLocal),
            Refusal("--checksum=sha256:0 http://h/a /", .malformedChecksum("sha256:0")),
            Refusal("--checksum=x http://h/a /", .malformedChecksum("x")),
            Refusal(
                "--checksum=sha512:" + ByteString(String(repeating: "0", count: 128)) + " http://h/a /",
                .malformedChecksum("sha512:" + ByteString(String(repeating: "0", count: 128)))
            ),
            Refusal("http://h/%zz /", .malformedURL("its path has a % without two hexadecimal digits")),
            Refusal("http:///a /", .malformedURL("it has no host")),
            Refusal("http://h:x/a /", .malformedURL("its port is no number")),
            Refusal("http://a^b/a /", .malformedURL("its host has a character that no host has")),
            Refusal(
                "http://h/" + ByteString(String(repeating: "x", count: 256)) + " /",
                .malformedURL("the last part of its path, which names the file, has more than 255 bytes")
            ),
            Refusal("--keep-git-dir=false git@h:r?keep-git-dir /", .contradiction("keep-git-dir", "false", "true")),
            Refusal("--checksum=a git@h:r?checksum=b /", .contradiction("the checksum", "a", "b")),
            Refusal("--checksum=x git@h:r /", .malformedCommit("x")),
            Refusal("git@h:r?fetch-by-commit&checksum=abc /", .malformedCommit("abc")),
            Refusal("git@h:r?fetch-by-commit /", .malformedURL("fetch-by-commit needs a checksum")),
            Refusal("git@h:r#--upload-pack=x /", .malformedURL("its reference begins with a hyphen")),
            Refusal("-oProxy@h:r /", .malformedURL("it begins with a hyphen")),
            Refusal("https://h/r.git?nonsense=1 /", .malformedURL("unexpected query \"nonsense\"")),
        ]
    )
    func refusals(_ refusal: Refusal) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM scratch\n\nADD " + refusal.words) }
        #expect(error?.reason == refusal.reason)
        #expect(error?.range?.first == 3)
    }

    private func repositories(_ result: LoweringResult) -> [GitSource] {
        result.graph.vertices.compactMap { vertex in
            guard case .source(.git(let repository)) = vertex.operation else { return nil }
            return repository
        }
    }

    @Test("a repository is read from its directory on, and what the flags say is the same as what the URL says")
    func git() async throws {
        let result = try await lower(
            "FROM scratch\nADD --keep-git-dir --checksum=ABC git@h:r.git /a\nADD git@h:r.git?checksum=ABC&keep-git-dir /b\n"
                + "ADD --keep-git-dir https://u:hidden@h/r.git#v1:x/y[z] /c\nADD --unpack git@h:r.git /d"
        )
        #expect(repositories(result).map(\.keepsGitDirectory) == [true, false, false])
        #expect(repositories(result).map(\.checksum) == ["ABC", nil, nil])
        #expect(
            result.copies.map(\.origin) == [
                .input(1, path: "/"), .input(1, path: "/"), .input(1, path: "/x/y[[]z]"), .input(1, path: "/"),
            ]
        )
        #expect(result.copies.map(\.unpacksArchives) == [false, false, false, false])
        #expect(result.names.contains("clone https://h/r.git#v1"))
        #expect(!result.names.contains { $0.contains("hidden") } && result.warnings.count == 1)
        #expect(result.history.first == "ADD git@h:r.git /a # buildkit")
    }

    @Test("a NUL in a URL is refused")
    func control() async throws {
        let error = await #expect(throws: GraphError.self) {
            try await lower("FROM scratch\nADD [\"http://h/a\\u0000\", \"/\"]")
        }
        #expect(error?.reason == .malformedURL("it has a control character"))
    }

    @Test(
        "what only looks like a URL is a path",
        arguments: ["ftp://h/f", "HTTP://h/f", "github.com/a/b"] as [ByteString]
    )
    func paths(_ source: ByteString) async throws {
        let result = try await lower("FROM scratch\nADD " + source + " /d/")
        #expect(files(result) == [])
        #expect(result.copies.map(\.origin) == [.input(1, path: source)])
    }
}
