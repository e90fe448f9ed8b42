import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("COPY, ADD and RUN, lowered")
struct CopyLoweringTests {
    @Test("each source word is an action, the context one vertex")
    func sources() async throws {
        let result = try await lower("FROM scratch\nENV x=1\nCOPY --chown=$x a$x b /d/\nCOPY c /")
        #expect(
            result.copies == [
                CopyAction(origin: .input(1, path: "a1"), destination: "/d/", owner: "1"),
                CopyAction(origin: .input(1, path: "b"), destination: "/d/", owner: "1"),
                CopyAction(origin: .input(1, path: "c"), destination: "/"),
            ]
        )
        #expect(result.graph.vertices.count == 4)
    }

    @Test("heredocs are files, expanded unless their name is quoted")
    func heredocs() async throws {
        let result = try await lower("FROM scratch\nENV x=1\nCOPY <<a <<'b' <<-c /d/\n\"$x\"\na\n$x\nb\n\t$x\nc")
        #expect(
            result.copies.map(\.origin) == [
                .inline(name: "a", content: "\"1\"\n"), .inline(name: "b", content: "$x\n"),
                .inline(name: "c", content: "1\n"),
            ]
        )
        #expect(result.graph.vertices.last?.inputs.count == 1)
    }

    @Test("ADD unpacks archives unless it is told not to, COPY never does")
    func unpacking() async throws {
        let result = try await lower("FROM scratch\nCOPY a /\nADD a /\nADD --unpack=false a /")
        #expect(result.copies.map(\.unpacksArchives) == [false, true, false])
    }

    @Test("several sources to a place without a slash are warned about, with those that are lost")
    func severalSources() async throws {
        let result = try await lower("FROM scratch\nCOPY a b c /d")
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.text.contains("a, b") == true)
        #expect(result.warnings.first?.range?.first == 2)
        #expect(try await lower("FROM scratch\nCOPY a b /d/\nCOPY a /d").warnings == [])
    }

    @Test("--link, --exclude and --parents are the action's; --link with --chmod is an ordinary copy, as in BuildKit")
    func flags() async throws {
        let copies = try await lower(
            "FROM scratch\nCOPY --link --exclude=x --exclude=!y a /\nCOPY --parents a b /c\n"
                + "COPY --link --chmod=755 a /\nADD --link --exclude=x a /"
        ).copies
        #expect(copies.map(\.isLinked) == [true, false, false, false, true])
        #expect(copies.map(\.excludes) == [["x", "!y"], [], [], [], ["x"]])
        #expect(copies.map(\.keepsParents) == [false, true, true, false, false])
    }

    @Test("the history tells of --parents, and neither of --link nor of --exclude")
    func flagsInHistory() async throws {
        let result = try await lower("FROM scratch\nCOPY --exclude=x --link --chown=1 --parents a /")
        #expect(result.history == ["COPY --parents --chown=1 a / # buildkit"])
    }

    @Test("a pattern of --exclude that cannot be read is an error, with its line")
    func malformedExclude() async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM scratch\n\nCOPY --exclude=a[ b /") }
        #expect(error?.message.hasPrefix("--exclude=a[: syntax error in pattern") == true)
        #expect(error?.range?.first == 3)
    }

    @Test("--parents of a path without a name copies nothing, with a warning")
    func parentsOfNothing() async throws {
        for source in [".", "a/./", "/"] as [ByteString] {
            let result = try await lower("FROM scratch\nCOPY --parents " + source + " /d/")
            #expect(result.warnings.count == 1)
        }
        #expect(try await lower("FROM scratch\nCOPY --parents a /d/").warnings == [])
    }

    @Test("COPY of what is no path is refused", arguments: ["https://h/f", "git@h:r.git"] as [ByteString])
    func remoteCopy(_ source: ByteString) async throws {
        let error = await #expect(throws: GraphError.self) { try await lower("FROM scratch\nCOPY " + source + " /") }
        #expect(error?.reason == .remoteCopy(source))
    }

    @Test("a network is the step's own, or the one that was asked for")
    func networks() async throws {
        let text: ByteString =
            "FROM scratch\nRUN a\nRUN --network=none b\nRUN --network=host c\nRUN --network=default d"
        let own = try await lower(text) { $0.entitlements = [.networkHost] }
        #expect(own.runs.map(\.network) == [.default, .none, .host, .default])
        let given = try await lower(text) {
            $0.entitlements = [.networkHost]
            $0.network = .none
        }
        #expect(given.runs.map(\.network) == [.none, .none, .host, .none])
    }

    @Test("a script that names its interpreter is a file of the step")
    func interpreter() async throws {
        let step = try await lower("FROM scratch\nRUN <<E\n#!/bin/x\n$a\nE").runs[0]
        #expect(step.arguments == ["/bin/sh", "-c", "/dev/pipes/E"])
        #expect(
            step.inlineFiles == [
                .init(directory: "/dev/pipes", name: "E", content: "#!/bin/x\n$a\n", mode: 0o755)
            ]
        )
    }

    @Test("RUN leaves variables to the shell")
    func shellVariables() async throws {
        #expect(try await lower("FROM scratch\nENV a=b\nRUN echo $a").runs[0].arguments.last == "echo $a")
    }
}
