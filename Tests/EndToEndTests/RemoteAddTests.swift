import Bytes
import Glibc
import LoopbackRegistry
import OCI
import Testing

/// The real program against a web server in this process.
@Suite("ADD of files of the web", .enabled(if: Tool.canBuild), .timeLimit(.minutes(5)))
struct RemoteAddTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    private static let old = "Sun, 06 Nov 1994 08:49:37 GMT"

    /// Nothing answers there.
    private static let nobody = "http://127.0.0.1:1"

    private func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

    /// The lines of the last layer, as `tar` lists them in UTC.
    private func layer(_ image: ExportedImage) throws -> [String] {
        let layer = try #require(image.manifest.layers.last)
        let path = "\(image.folder)/blobs/sha256/\(layer.digest.hex)"
        return try run("tar", "--utc", "--numeric-owner", "-tvf", path).output.split(separator: "\n").map {
            $0.split(separator: " ").filter { Int($0) == nil }.joined(separator: " ")
        }
    }

    @Test("a file is 0600, owned by root, of the time that its server says, and packed as it came")
    func attributes() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("text", modified: RemoteAddTests.old), at: "/a.txt")
        server.put(LoopbackFile("old"), at: "/b")
        let image = try work.image("FROM scratch\nADD http://\(server.host)/a.txt http://\(server.host)/b /")
        #expect(
            try layer(image).filter { !$0.hasSuffix("/") } == [
                "-rw------- 0/0 1994-11-06 08:49 a.txt", "-rw------- 0/0 1970-01-01 00:00 b",
            ]
        )
        #expect(
            image.config.history.last?.createdBy.text.hasSuffix("/a.txt http://\(server.host)/b / # buildkit") == true
        )
        await server.stop()
    }

    @Test("flags do what they do for files of the context; an archive is unpacked if that is asked for")
    func flags() async throws {
        try work.write("inner/file", "inner")
        try run("tar", "-C", work.context, "-czf", work.path + "/x.tgz", "inner")
        let archive = try readFile(work.path + "/x.tgz")
        let server = try await LoopbackRegistry()
        var file = LoopbackFile("")
        file.content = archive
        server.put(file, at: "/x.tgz")
        let url = "http://\(server.host)/x.tgz"
        let outcome = try work.build(
            """
            FROM busybox
            ADD \(url) /packed/
            ADD --unpack=true --chown=3:4 \(url) inner /unpacked/
            ADD --chmod=u+x,go=r --chown=5 --link --exclude=none \(url) /linked/name
            RUN find /packed /unpacked /linked -type f | sort | xargs stat -c '%a %u:%g %n' && cat /unpacked/inner/file
            """
        )
        #expect(
            outcome.printed == """
                744 5:5 /linked/name
                600 0:0 /packed/x.tgz
                644 3:4 /unpacked/file
                644 3:4 /unpacked/inner/file
                inner
                """
        )
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("every build asks, and what did not change does not come again and runs nothing")
    func conditional() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one", etag: "\"1\""), at: "/f")
        let text = "FROM busybox\nADD http://\(server.host)/f /f\nRUN cat /f"
        #expect(try work.build(text).printed == "one")
        #expect(try work.build().executed == [])
        #expect(server.requests.map { $0.headers["if-none-match"] } == [nil, "\"1\""])
        // Another version with the same content: it comes, and nothing runs.
        server.put(LoopbackFile("one", etag: "\"2\""), at: "/f")
        #expect(try work.build().executed == [])
        server.put(LoopbackFile("two", etag: "\"3\""), at: "/f")
        #expect(try work.build().printed == "two")
        // Back again: the earlier results are still right.
        server.put(LoopbackFile("one", etag: "\"1\""), at: "/f")
        #expect(try work.build().executed == [])
        // The same content under another URL is the same step.
        server.put(LoopbackFile("one"), at: "/other/f")
        #expect(try work.build("FROM busybox\nADD http://\(server.host)/other/f /f\nRUN cat /f").executed == [])
        await server.stop()
    }

    @Test("a server that has never said a version is asked for the content each time")
    func withoutVersions() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one", modified: RemoteAddTests.old), at: "/f")
        try work.build("FROM busybox\nADD http://\(server.host)/f /f\nRUN cat /f")
        server.put(LoopbackFile("two", modified: RemoteAddTests.old), at: "/f")
        #expect(try work.build().printed == "two")
        await server.stop()
    }

    @Test("without its server a file is an error with a remedy, never the old one, unless its checksum is given")
    func offline() async throws {
        let sum = digest("one")
        var place = ""
        let server = try await LoopbackRegistry()
        place = "http://\(server.host)/f"
        server.put(LoopbackFile("one", etag: "\"1\""), at: "/f")
        try work.build("FROM busybox\nADD \(place) /f")
        try work.build("FROM busybox\nADD --checksum=\(sum) \(place) /g\nRUN cat /g")
        #expect(server.requests.count == 1)
        await server.stop()
        let failed = try work.tryBuild("FROM busybox\n\nADD \(place) /f")
        #expect(failed.status == 4)
        #expect(failed.error.contains("\(place): no connection: connection refused"), "\(failed.error)")
        #expect(failed.error.contains("Dockerfile:3") && failed.error.contains("--checksum"), "\(failed.error)")
        // No request at all, also of another host.
        let image = try work.image("FROM busybox\nADD --checksum=\(sum) \(RemoteAddTests.nobody)/f /h")
        #expect(try layer(image).last == "-rw------- 0/0 1970-01-01 00:00 h")
    }

    @Test("content with another checksum is refused, and nothing of it stays")
    func wrongChecksum() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one"), at: "/f")
        let text = "FROM scratch\nADD --checksum=\(digest("two")) http://\(server.host)/f?key=hidden /f"
        let failed = try work.tryBuild(text)
        #expect(failed.status == 4)
        #expect(failed.error.contains("/f?…: the content has the digest \(digest("one")) instead of \(digest("two"))"))
        #expect(!names(in: work.state + "/content/sha256").contains(digest("one").hex))
        server.put(LoopbackFile("two"), at: "/f")
        try work.build(text)
        await server.stop()
    }

    @Test("an error says what the server answered, where it was asked, and no password")
    func refusals() async throws {
        let server = try await LoopbackRegistry()
        let failed = try work.tryBuild("FROM scratch\nADD http://me:hidden@\(server.host)/f?key=hidden2 /f")
        #expect(failed.status == 4)
        let message = "http://\(server.host)/f?…: the server answered HTTP 404"
        #expect(failed.error.contains(message), "\(failed.error)")
        // The excerpt shows the line as it stands in the file; nothing else repeats it.
        let lines = failed.error.split(separator: "\n").filter { $0.contains("me:hidden@") }
        #expect(lines.allSatisfy { $0.contains("|") }, "\(lines)")
        #expect(server.requests.first?.headers["authorization"] == "Basic bWU6aGlkZGVu")
        await server.stop()
    }

    @Test("a secret named for the host shows who is asking, and is in no key")
    func secrets() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one"), at: "/f")
        try work.write("../token", "abc\n")
        let text = "FROM scratch\nADD http://\(server.host)/f /f"
        try work.build(text, ["--secret=id=HTTP_AUTH_TOKEN_127.0.0.1,src=\(work.path)/token"])
        #expect(server.requests.first?.headers["authorization"] == "Bearer abc")
        #expect(try work.build().executed == [])
        await server.stop()
    }

    @Test("any number of files come, a few at a time")
    func many() async throws {
        let server = try await LoopbackRegistry()
        for number in 0..<60 { server.put(LoopbackFile("\(number)"), at: "/f\(number)") }
        let words = (0..<60).map { "http://\(server.host)/f\($0)" }.joined(separator: " ")
        #expect(try work.build("FROM busybox\nADD \(words) /d/\nRUN cat /d/* | wc -c").printed == "110")
        await server.stop()
    }

    @Test(
        "^C while a file comes, or a server does not answer, ends at once and leaves nothing",
        arguments: [true, false]
    )
    func interrupted(_ answers: Bool) async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one"), at: "/f")
        server.add(Fault(answers ? .silence(after: 1) : .noAnswer))
        let program = try work.start("FROM scratch\nADD http://\(server.host)/f /f", within: 20)
        #expect(Clock.until { !server.requests.isEmpty })
        program.signal(SIGINT)
        #expect(try program.finish().status == 130)
        #expect(names(in: work.state + "/content/sha256") == [])
        try work.build()
        await server.stop()
    }

    @Test("what only looks at the Dockerfile asks nobody, and a stage that is not built neither")
    func noNetwork() async throws {
        let server = try await LoopbackRegistry()
        server.put(LoopbackFile("one"), at: "/f")
        let url = "http://\(server.host)/f"
        _ = try work.tryBuild(
            "FROM scratch AS unused\nADD \(url) /f\nFROM scratch\nCOPY Dockerfile /",
            ["--call=check"]
        )
        _ = try work.tryBuild(nil, ["--check"])
        try work.build(nil, ["--call=outline"])
        try work.build()
        #expect(server.requests.count == 0)
        await server.stop()
    }
}
