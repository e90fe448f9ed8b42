import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("Image config")
struct ConfigTests {
    private let path: ByteString = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    @Test("scratch has PATH and the working directory /")
    func scratch() async throws {
        let config = try await lower("FROM scratch").config.config
        #expect(config.env == [path])
        #expect(config.workingDir == "/")
        #expect(config.cmd == nil)
    }

    @Test("for Windows there is no PATH, another shell, and backslashes in the config only")
    func windows() async throws {
        let text: ByteString = """
            # escape=`
            FROM scratch
            ENV A=1
            CMD c
            WORKDIR C:\\a\\b\\
            WORKDIR c
            COPY x d\\
            """
        let result = try await lower(text) { $0.platform = Platform(os: "windows", architecture: "amd64") }
        let config = result.config.config
        #expect(config.env == ["A=1"])
        #expect(config.cmd == ["cmd", "/S", "/C", "c"])
        #expect(config.workingDir == "\\a\\b\\c")
        #expect(result.history.suffix(3) == ["WORKDIR /a/b", "WORKDIR /a/b/c", "COPY x d\\ # buildkit"])
        #expect(result.copies[0].destination == "/a/b/c/d/")
        let nothing = try await lower("FROM scratch") { $0.platform = Platform(os: "windows", architecture: "amd64") }
        #expect(nothing.config.config.workingDir == "\\")
    }

    @Test("a variable keeps the place in which its name first came")
    func order() async throws {
        let result = try await lower(
            "FROM busybox AS a\nENV A=1 B=2\nENV C=3\nFROM a\nENV B=two D=4\nENV A=one PATH=/x:$PATH"
        )
        #expect(
            result.config.config.env == [
                "PATH=/x:" + path.bytes.dropFirst(5).reduce(into: ByteString()) { $0.bytes.append($1) }, "A=one",
                "B=two", "C=3", "D=4",
            ]
        )
    }

    @Test("all values of one ENV see the variables before it")
    func sameLine() async throws {
        let result = try await lower("FROM scratch\nENV a=1\nENV a=2 b=$a\nENV c=$a")
        #expect(result.config.config.env == [path, "a=2", "b=1", "c=2"])
    }

    @Test("ENTRYPOINT takes away a CMD that the stage did not set itself")
    func entrypoint() async throws {
        #expect(try await lower("FROM busybox\nENTRYPOINT [\"e\"]").config.config.cmd == nil)
        #expect(try await lower("FROM busybox\nCMD [\"c\"]\nENTRYPOINT [\"e\"]").config.config.cmd == ["c"])
        #expect(try await lower("FROM busybox\nENTRYPOINT [\"e\"]\nCMD [\"c\"]").config.config.cmd == ["c"])
        #expect(try await lower("FROM busybox AS a\nCMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]").config.config.cmd == nil)
        #expect(
            try await lower("FROM busybox AS a\nENTRYPOINT [\"e\"]\nFROM a\nCMD [\"c\"]").config.config.entrypoint == [
                "e"
            ]
        )
    }

    @Test("SHELL counts for what comes after it, and for stages on top")
    func shell() async throws {
        let result = try await lower(
            "FROM scratch AS a\nRUN one\nSHELL [\"/x\", \"-y\"]\nRUN two\nFROM a\nRUN three\nCMD four"
        )
        #expect(
            result.runs.map(\.arguments) == [["/bin/sh", "-c", "one"], ["/x", "-y", "two"], ["/x", "-y", "three"]]
        )
        #expect(result.config.config.cmd == ["/x", "-y", "four"])
        #expect(result.config.config.shell == ["/x", "-y"])
    }

    @Test("a WORKDIR that comes to nothing leaves the working directory as it is written")
    func emptyWorkdir() async throws {
        let result = try await lower("FROM scratch\nWORKDIR /a/b/\nWORKDIR $NONE\nRUN x\nWORKDIR c")
        #expect(result.runs[0].workingDirectory == "/a/b/")
        #expect(result.history[1] == "WORKDIR /a/b/")
        #expect(result.config.config.workingDir == "/a/b/c")
    }

    @Test("entries of a base's Env stay as they are; ENV changes the first of a name, instructions see the last")
    func doubledEnvironment() async throws {
        let base = NamedInput.image(try Busybox.image { $0.config.env = ["PATH=/b", "A=1", "N", "A=2"] })
        let kept = try await lower("FROM b\nLABEL l=$A", images: ["b": base])
        #expect(kept.config.config.env == ["PATH=/b", "A=1", "N", "A=2"])
        #expect(kept.config.config.labels["l"] == "2")
        let set = try await lower("FROM b\nENV A=3 N=4\nRUN x\nFROM b", images: ["b": base]) { $0.target = nil }
        #expect(set.config.config.env == ["PATH=/b", "A=1", "N", "A=2"])
        let changed = try await lower("FROM b AS x\nENV A=3 N=4\nFROM x\nENV B=5", images: ["b": base])
        #expect(changed.config.config.env == ["PATH=/b", "A=3", "N=4", "A=2", "B=5"])
    }

    @Test("members of a base's config that no instruction knows are not taken over")
    func unknownMembers() async throws {
        let text = """
            {"architecture":"amd64","os":"linux","container":"c","moby.buildkit.cache.v0":"x","config":{"Hostname":"h",
            "Env":["PATH=/b"],"ArgsEscaped":true,"Healthcheck":{"Test":["NONE"],"More":1}},"history":[
            {"created_by":"one","more":1}],"rootfs":{"type":"layers","diff_ids":[
            "sha256:9948fea7ec17d760cc091f9694fbdbb0e411097ef8a2cbd2a9eb94c3d16b1082"]}}
            """
        let config = try Document<ImageConfig>(bytes: Array(text.utf8), declared: .ociConfig).content
        let base = BaseImage(name: "b", manifestDigest: Digest(of: []), layers: [], config: config)
        let result = try await lower("FROM b\nENV A=1", images: ["b": .image(base)]).config.json
        for name in ["container", "moby.buildkit.cache.v0"] as [ByteString] { #expect(result[name] == nil) }
        #expect(result["config"]?["Hostname"] == nil)
        #expect(result["config"]?["Healthcheck"]?["More"] == nil)
        #expect(result["config"]?["ArgsEscaped"] == true)
        #expect(result["history"]?.array?.first?["more"] == nil)
    }

    @Test("of the platform asked for only what it says replaces what the base says of the same processor")
    func platformParts() async throws {
        func platform(_ asked: String, _ base: Platform) async throws -> Platform {
            let image = NamedInput.image(try Busybox.image { $0.platform = base })
            let wanted = try Platform(parsing: ByteString(asked))
            return try await lower("FROM b", images: ["b": image]) { $0.platform = wanted }.config.platform
        }
        let base = Platform(os: "linux", architecture: "amd64", variant: "v3", osVersion: "1")
        #expect(try await platform("linux/amd64", base) == base)
        #expect(try await platform("linux/amd64/v2", base).variant == "v2")
        #expect(try await platform("linux(2)/amd64", base).osVersion == "2")
        #expect(try await platform("linux/arm64", base) == Platform(os: "linux", architecture: "arm64"))
    }

    @Test("labels given by flag win")
    func labels() async throws {
        let result = try await lower("FROM scratch\nLABEL a=1 b=1") { $0.labels = ["a": "flag", "c": "flag"] }
        #expect(result.config.config.labels == ["a": "flag", "b": "1", "c": "flag"])
    }

    @Test("relative working directories add up and are made for the user in force")
    func workdir() async throws {
        let result = try await lower(
            "FROM scratch\nWORKDIR a\nWORKDIR ./b//c/..\nUSER u\nWORKDIR ../../../d\nWORKDIR /\nRUN x"
        )
        let made = result.actions.compactMap { action -> MakeDirectoryAction? in
            guard case .makeDirectory(let make) = action else { return nil }
            return make
        }
        #expect(
            made == [
                MakeDirectoryAction(path: "/a", owner: nil), MakeDirectoryAction(path: "/a/b", owner: nil),
                MakeDirectoryAction(path: "/d", owner: "u"),
            ]
        )
        #expect(result.config.config.workingDir == "/")
        #expect(result.runs[0].workingDirectory == "/")
        #expect(result.runs[0].user == "u")
    }

    @Test(
        "a working directory of the base is kept and not made again",
        arguments: zip(
            ["", "/x/y", "/"] as [ByteString],
            ["", "/x/y", "/"] as [ByteString]
        )
    )
    func inheritedWorkdir(_ given: ByteString, _ wanted: ByteString) async throws {
        let base = NamedInput.image(try Busybox.image { $0.config.workingDir = given })
        let result = try await lower("FROM b\nRUN x\nCOPY a c/", images: ["b": base])
        #expect(result.config.config.workingDir == wanted)
        #expect(result.runs[0].workingDirectory == (wanted.isEmpty ? "/" : wanted))
        #expect(result.copies[0].destination == (wanted == "/" || wanted.isEmpty ? "" : wanted) + "/c/")
    }

    @Test(
        "COPY's destination is absolute, with a slash where it says directory",
        arguments: zip(
            ["d", "d/", ".", "./", "/", "/x/../y", "..", "d/."] as [ByteString],
            ["/w/d", "/w/d/", "/w/", "/w/", "/", "/y", "/", "/w/d/"] as [ByteString]
        )
    )
    func destinations(_ given: ByteString, _ wanted: ByteString) async throws {
        let result = try await lower("FROM scratch\nWORKDIR /w\nCOPY a " + given)
        #expect(result.copies[0].destination == wanted)
    }

    @Test("ports are taken with their protocol, ranges one by one")
    func ports() async throws {
        let result = try await lower(
            "FROM busybox\nEXPOSE 80 81/TCP 82/udp 83/sctp 1000-1002/udp 127.0.0.1:8080:84 8081:85 [::1]:1:86 []:1:87 +88"
        )
        #expect(
            result.config.config.exposedPorts == [
                "80/tcp", "81/tcp", "82/udp", "83/sctp", "1000/udp", "1001/udp", "1002/udp", "84/tcp", "85/tcp",
                "86/tcp", "87/tcp", "88/tcp",
            ]
        )
    }

    @Test(
        "what is no port is refused with its line",
        arguments: [
            "foo", "80/ip", "65536", "80-70", "80-", "-80", "/tcp", "80/tcp/udp", "1-2:1-3", "x:1:80", "1.2.3:1:80",
            "80-81-82", "80 x",
        ] as [ByteString]
    )
    func badPorts(_ port: ByteString) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM busybox\n\nEXPOSE " + port) }
        #expect(error?.range?.first == 3)
        #expect(error?.message.contains("EXPOSE") == true)
        #expect(error?.remedy != nil)
    }

    @Test(
        "signals are known by number or name",
        arguments: [
            "9", "SIGTERM", "TERM", "sigterm", "SIGRTMIN+3", "RTMAX-14", "SIGRTMIN", "64", "-1", "+9",
        ] as [ByteString]
    )
    func signals(_ signal: ByteString) async throws {
        #expect(try await lower("FROM scratch\nSTOPSIGNAL " + signal).config.config.stopSignal == signal)
    }

    @Test(
        "what is no signal is refused with its line",
        arguments: [
            "0", "SIGNOPE", "SIGSIGTERM", "RTMIN+16", "RTMAX-15", "RTMIN+", "TERM ",
        ].map { ByteString($0.trimmingPrefix(" ")) }.filter { $0 != "TERM " }
    )
    func badSignals(_ signal: ByteString) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM scratch\nSTOPSIGNAL " + signal) }
        #expect(error?.reason == .unknownSignal(signal))
        #expect(error?.range?.mark?.line == 2)
    }

    @Test("an empty volume is refused")
    func emptyVolume() async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM scratch\nVOLUME $NONE") }
        #expect(error?.reason == .emptyVolume)
    }

    @Test("healthcheck, volumes, user, author end up in the config")
    func others() async throws {
        let result = try await lower(
            """
            FROM scratch
            HEALTHCHECK --interval=5m --retries=4 CMD x
            VOLUME /a
            VOLUME ["/b"]
            USER 1:2
            MAINTAINER me
            """
        )
        let config = result.config.config
        #expect(config.healthcheck == Healthcheck(test: ["CMD-SHELL", "x"], interval: .seconds(300), retries: 4))
        #expect(config.volumes == ["/a", "/b"])
        #expect(config.user == "1:2")
        #expect(result.config.author == "me")
    }

    @Test("ten thousand instructions that change no file make one vertex and an entry each")
    func many() async throws {
        var text = "FROM scratch\n"
        for index in 0..<2_500 {
            text += "ENV E\(index)=\(index)\nLABEL l\(index)=$E\(index)\nARG A\(index)=a\nEXPOSE \(index + 1)\n"
        }
        let result = try await lower(ByteString(text))
        #expect(result.graph.vertices.count == 1)
        #expect(result.history.count == 10_000)
        #expect(result.config.config.env.count == 2_501)
        #expect(result.config.config.labels["l2499"] == "2499")
    }
}
