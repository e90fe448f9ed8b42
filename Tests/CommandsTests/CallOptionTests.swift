import BuildEngine
import Bytes
import Testing

@testable import Commands

@Suite("Questions to a Dockerfile")
struct CallOptionTests {
    private func option(_ words: [ByteString]) throws -> CallOption? {
        let command = try Program.command(for: words + ["."])
        if let check = command as? CheckCommand { return try check.call }
        return try CallOption(#require(command as? BuildCommand))
    }

    @Test("are asked by --call, --check and the command check, in the form that is wanted")
    func asked() throws {
        #expect(try option(["--call=outline"]) == CallOption(question: .outline, format: .text))
        #expect(try option(["--call", "targets,format=json"]) == CallOption(question: .targets, format: .json))
        #expect(try option(["--call=check,format=sarif"]) == CallOption(question: .check, format: .sarif))
        #expect(try option(["--call=lint"]) == CallOption(question: .check, format: .text))
        #expect(try option(["--check"]) == CallOption(question: .check, format: .text))
        #expect(try option(["--check", "--call=check,format=json"]) == CallOption(question: .check, format: .json))
        let lenient = CallOption(question: .check, format: .json, ignoresStatus: true)
        #expect(try option(["--call=format=json,ignorestatus=1,check"]) == lenient)
        #expect(
            try option(["--check", "--call=check,ignorestatus=false"]) == CallOption(question: .check, format: .text)
        )
        #expect(try option(["check"]) == CallOption(question: .check, format: .text))
        #expect(try option(["check", "--format=sarif"]) == CallOption(question: .check, format: .sarif))
    }

    @Test(
        "are not asked by a build",
        arguments: [[], ["--call=build"], ["--call="], ["--check=false"]] as [[ByteString]]
    )
    func notAsked(_ words: [ByteString]) throws { #expect(try option(words) == nil) }

    @Test(
        "are refused where they make no sense",
        arguments: [
            ["--call=prune"], ["--call=check,json"], ["--call=check,format=xml"], ["--call=check,ignorestatus=yes"],
            ["--call=check,outline"], ["--call=check,x=y"], ["--call=targets,format=sarif"],
            ["--check", "--call=outline"], ["check", "--call=outline"], ["check", "--format="],
        ] as [[ByteString]]
    )
    func refused(_ words: [ByteString]) {
        #expect(throws: UsageError.self) { try option(words) }
    }
}
