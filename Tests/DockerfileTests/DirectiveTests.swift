import Bytes
@testable import Dockerfile
import Testing

@Suite("Parser directives")
struct DirectiveTests {
    @Test("are read in any letter case, with blanks around the equals sign")
    func forms() throws {
        let file = try parse("#  Syntax = docker/dockerfile:1.20  \n# ESCAPE=`\n#check=skip=all;error=true\nFROM a\n")
        #expect(file.directives.syntax == ParserDirective(value: "docker/dockerfile:1.20", line: 1))
        #expect(file.directives.check?.value == "skip=all;error=true")
        #expect(file.escape == UInt8(ascii: "`"))
    }

    @Test(
        "count before anything else only",
        arguments: ["# a comment\n", "\n", "# unknown=x\n", "ARG X\n", "#\n"]
    )
    func afterOther(_ before: String) throws {
        let file = try parse(before + "# escape=`\n# syntax=x\nFROM a\n")
        #expect(file.escape == UInt8(ascii: "\\"))
        #expect(file.directives.syntax == nil)
    }

    @Test("given twice are refused, whatever their value")
    func twice() {
        #expect(parseError("# escape=`\n# Escape=`\nFROM a\n")?.reason == .repeatedDirective("escape"))
        #expect(parseError("# check=a\n# check=b\nFROM a\n")?.reason == .repeatedDirective("check"))
    }

    @Test("with another escape character are refused, with their place", arguments: ["x", "\\\\", " "])
    func badEscape(_ value: String) {
        let error = parseError("# escape=\(value)\nFROM a\n")
        #expect(error?.reason == .invalidEscapeDirective(ByteString(value)))
        #expect(error?.range?.first == 1)
    }

    @Test("may follow a byte order mark, and syntax a #! line")
    func byteOrderMark() throws {
        #expect(try parse("\u{FEFF}# escape=`\nFROM a\n").escape == UInt8(ascii: "`"))
        #expect(try parse("#!/usr/bin/x\n# syntax=y\nFROM a\n").directives.syntax?.line == 2)
    }

    @Test("behind a #! line are found, whatever escape character stands among them")
    func afterShebang() throws {
        #expect(try parse("#!/bin/x\n# escape=` # c\n# syntax=y\nFROM a\n").directives.syntax?.line == 3)
    }

    @Test(
        "that name a frontend are found in files of other languages, too",
        arguments: [
            ("{\"syntax\": \"a/b:1\"}", 1), ("#!/bin/x\n\n {\"x\": [1],\n\"syntax\": \"a/b:1\"}\n", 3),
            ("\u{FEFF}// syntax=a/b:1\nx: y\n", 1), ("# syntax=a/b:1\n- x\n", 1), ("{\"syntax\": 1}", nil),
            ("{\"syntax\": \"a/b:1\"} x", nil), ("[{\"syntax\": \"a/b:1\"}]", nil), ("x: y\n# syntax=a/b:1\n", nil),
        ]
    )
    func otherLanguages(_ text: String, _ line: Int?) {
        let found = ParserDirectives.syntax(of: SourceText(content: ByteString(text)))
        #expect(found == line.map { ParserDirective(value: "a/b:1", line: $0) })
    }

    @Test("change what continues a line and what escapes")
    func backtick() throws {
        let file = try parse("# escape=`\nFROM a\nRUN a `\n  b \\\nENV a=`\"x b=\"y` z\"\n")
        let instructions = file.stages[0].instructions
        #expect(instructions.map(\.original) == ["RUN a   b \\", "ENV a=`\"x b=\"y` z\""])
    }

    @Test("leave comments that document the next instruction alone")
    func comments() throws {
        let documented = ArgumentDeclaration(name: "V", defaultValue: "1", documentation: "the version")
        let file = try parse("# escape=`\n# V the version\nARG V=1\n# base is small\nFROM a AS base\n#\n# x\nUSER y\n")
        #expect(file.metaArguments[0].comments == ["V the version"])
        #expect(file.metaArguments[0].kind == .arg([documented]))
        #expect(file.stages[0].source.documentation == "is small")
        #expect(file.stages[0].instructions[0].comments == ["x"])
    }
}
