import BuildEngine
import Bytes
import Dockerfile
import Glibc
import OCI
import Testing

/// Each thing that goes wrong has its exit code (design.md §7), its words, and leaves nothing half done.
@Suite("Failures", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct FailureTests {
    @Test(
        "no message has what stands before the host of a URL",
        arguments: [
            ("COPY cannot take http://us:pw@h/r.git: no", "COPY cannot take http://…@h/r.git: no"),
            ("/https:/us:pw@h/x: not found", "/https:/…@h/x: not found"),
            ("HTTP://t@h and ssh://git@h", "HTTP://…@h and ssh://…@h"),
            ("a@b is no http://h/@x", "a@b is no http://h/@x"), ("nothing", "nothing"),
        ]
    )
    func hiddenUsers(_ text: String, _ shown: String) {
        #expect(BuildFailure(message: text, remedy: text, exitCode: 1).message == shown)
    }

    let project: Project

    init() throws {
        project = try Project()
        try project.write("file", "text")
        try #require(mkdir(project.context + "/links", 0o755) == 0)
        try #require(symlink("loop", project.context + "/links/loop") == 0)
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let dockerfile: String?
        let exitCode: Int32
        /// What the message has in it.
        let message: String
        /// The line of the Dockerfile that is to blame.
        let line: Int?
        let change: @Sendable (inout BuildRequest) throws -> Void

        init(
            _ name: String,
            _ dockerfile: String?,
            _ exitCode: Int32,
            says message: String,
            line: Int? = nil,
            _ change: @escaping @Sendable (inout BuildRequest) throws -> Void = { _ in }
        ) {
            testDescription = name
            self.dockerfile = dockerfile
            self.exitCode = exitCode
            self.message = message
            self.line = line
            self.change = change
        }
    }

    static let dockerfiles = [
        Case("an unknown instruction", "FROM scratch\nCOPPY a b\n", 3, says: "COPPY", line: 2),
        Case("an unknown flag", "FROM scratch\nCOPY --absent a b\n", 3, says: "absent", line: 2),
        Case("no instruction", "\n", 3, says: ""),
        Case("no FROM", "COPY file /\n", 3, says: "FROM"),
        Case("a target that is not there", "FROM scratch\n", 3, says: "absent") { $0.target = "absent" },
        Case("another frontend", "# syntax=example.org/other\nFROM scratch\n", 3, says: "example.org/other", line: 1),
        Case("another frontend by argument", "FROM scratch\n", 3, says: "example.org/other") {
            $0.buildArguments = ["BUILDKIT_SYNTAX": "example.org/other:1 arg"]
        },
        Case("an epoch that is no number", "FROM scratch\nCOPY file /\n", 2, says: "yesterday") {
            $0.buildArguments = ["SOURCE_DATE_EPOCH": "yesterday"]
        },
    ]

    static let steps = [
        Case("a directory over a file", "FROM scratch\nCOPY file /x\nCOPY . /x\n", 1, says: "/x: ", line: 3),
        Case("an owner that nobody is", "FROM scratch\nCOPY --chown=absent file /x\n", 1, says: "absent", line: 2),
        Case(
            "a destination of links in a circle",
            "FROM scratch\nCOPY links /\nCOPY file /loop/x\n",
            1,
            says: "/loop",
            line: 3
        ),
        Case("a name that marks deleted files", "FROM scratch\nCOPY file /.wh.x\n", 1, says: "/.wh.x", line: 2),
    ]

    static let inputs = [
        Case("a source that is not there", "FROM scratch\n\nCOPY absent /x\n", 4, says: "/absent: not found", line: 3),
        Case(
            "a source that is a link in a circle",
            "FROM scratch\nCOPY links/loop /x\n",
            4,
            says: "links/loop",
            line: 2
        ),
        Case("a malformed pattern", "FROM scratch\nCOPY [ /x\n", 4, says: "[", line: 2),
        Case("no Dockerfile", nil, 4, says: "Dockerfile: no such file or directory"),
        Case("a Dockerfile that is not there", nil, 4, says: "/absent/Dockerfile") {
            $0.dockerfile = .file("/absent/Dockerfile")
        },
        Case("a Dockerfile that is a folder", nil, 4, says: "Is a directory") { $0.dockerfile = .file($0.context) },
        Case("no context", nil, 4, says: "/absent/context") { $0.context = "/absent/context" },
        Case("a context that is a file", nil, 4, says: "/etc/hostname") { $0.context = "/etc/hostname" },
        Case("an unknown image", "FROM 127.0.0.1:1/absent:1\n", 4, says: "127.0.0.1:1/absent", line: 1),
        Case(
            "an unknown image to copy from",
            "FROM scratch\nCOPY --from=127.0.0.1:1/b a /\n",
            4,
            says: "127.0.0.1:1/b",
            line: 2
        ),
        Case("a layout that is not there", "FROM b\n", 4, says: "/absent") {
            $0.namedContexts = ["b": .layout(folder: "/absent", tag: nil, digest: nil)]
        },
        Case("a layout that is none", "FROM b\n", 4, says: "layout") {
            $0.namedContexts = ["b": .layout(folder: $0.context, tag: nil, digest: nil)]
        },
        Case("a named folder that is not there", "FROM scratch\nCOPY --from=b a /\n", 4, says: "/absent") {
            $0.namedContexts = ["b": .folder("/absent")]
        },
    ]

    @Test("a failure has the code of who can do something about it", arguments: dockerfiles + steps + inputs)
    func codes(_ expected: Case) async throws {
        var request = try project.request(expected.dockerfile, project.tarOutput, project.folderOutput())
        try project.write("out.tar", "old", in: project.path)
        try expected.change(&request)
        let engine = try project.engine()
        let error = try #require(await failure { _ = try await engine.build(request) })
        #expect(error.exitCode == expected.exitCode, "\(error.message)")
        #expect(error.message.contains(expected.message), "\(error.message)")
        #expect(!error.message.isEmpty && !error.message.hasSuffix("."))
        if let line = expected.line { #expect(error.range?.first == line, "\(error.message)") }
        #expect(try project.read(project.tar) == Array("old".utf8))
        #expect(!project.isThere(project.layout))
        let next = try project.request("FROM scratch\nCOPY file /\n", .cacheOnly)
        #expect(await failure { _ = try await engine.build(next) } == nil)
    }

    @Test("an output that has no place is told before anything is built")
    func outputs() async throws {
        let engine = try project.engine()
        for (path, isTar) in [("/absent/out.tar", true), ("/absent/x/layout", false), (project.context, true)] {
            let output = BuildRequest.LayoutOutput(destination: ByteString(path), isTar: isTar)
            let request = try project.request("FROM scratch\nCOPY file /\n", .layout(output))
            let error = try #require(await failure { _ = try await engine.build(request) })
            #expect(error.message.contains("cannot write \(path)"), "\(error.message)")
            #expect(error.remedy != nil)
        }
        let request = try project.request("FROM scratch\nCOPY file /\n", .cacheOnly)
        #expect(try await engine.build(request).stepsRun == 1, "no step ran before")
    }

    @Test("all mistakes of a Dockerfile are told at once")
    func severalMistakes() async throws {
        let request = try project.request("FROM scratch\nCOPPY a b\nRUUN x\nENVV y\n", .cacheOnly)
        let error = try #require(await failure { _ = try await project.engine().build(request) })
        #expect(error.exitCode == 3)
        #expect(([error] + error.others).compactMap { $0.range?.first }.sorted() == [2, 3, 4])
    }

    struct Root: CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Project) throws -> String

        init(_ name: String, _ make: @escaping @Sendable (Project) throws -> String) {
            testDescription = name
            self.make = make
        }
    }

    @Test(
        "a state root that cannot be used is a failure of the host, told with its path and what to do",
        arguments: [
            Root("a file") { project in
                try project.write("state", "", in: project.path)
                return project.state
            },
            Root("below a file") { project in
                try project.write("state", "", in: project.path)
                return project.state + "/below"
            },
            Root("in a file system that takes no folders") { _ in "/proc/absent/state" },
            Root("a folder of other files") { project in
                try project.write("README", "mine")
                return project.context
            },
            Root("a folder of another user") { project in
                mkdir(project.state, 0o700)
                chown(project.state, 12_345, 12_345)
                return project.state
            },
            Root("a relative path of nothing") { _ in "" },
        ]
    )
    func stateRoots(_ root: Root) async throws {
        let path = try root.make(project)
        let error = try #require(await failure { _ = try Engine(stateRoot: ByteString(path)) })
        #expect(error.exitCode == 5, "\(error.message)")
        #expect(error.message.contains(path), "\(error.message)")
        #expect(error.remedy != nil, "\(error.message)")
    }
}
