import Bytes
@testable import Dockerfile
import Testing

@Suite("Heredocs")
struct HeredocTests {
    @Test("several in one line are read in order, each to its own end")
    func several() throws {
        let run = try instruction("RUN <<A cat && <<'B' cat\none $X\nA\ntwo $X\nB\n").run()
        #expect(run.heredocs.map(\.name) == ["A", "B"])
        #expect(run.heredocs.map(\.content) == ["one $X\n", "two $X\n"])
        #expect(run.heredocs.map(\.isExpanded) == [true, false])
        #expect(!run.isScript)
        #expect(run.shellText == "<<A cat && <<'B' cat\none $X\nA\ntwo $X\nB")
    }

    @Test("alone in RUN is the script, blank after << or not", arguments: ["RUN <<EOF", "RUN << EOF", "RUN 3<<-EOF"])
    func script(_ line: String) throws {
        let run = try instruction("\(line)\necho a\nEOF\n").run()
        #expect(run.isScript)
        #expect(run.shellText == "echo a\n")
        #expect(run.interpreterScript == nil)
    }

    @Test("that begins with #! is run by its interpreter")
    func shebang() throws {
        let run = try instruction("RUN <<-EOF\n\t#!/usr/bin/env python3\n\tprint(1)\nEOF\n").run()
        #expect(run.interpreterScript?.text == "#!/usr/bin/env python3\nprint(1)\n")
    }

    @Test("with <<- loses tabs at line starts, and its end may be indented by tabs")
    func tabs() throws {
        let copy = try instruction("COPY <<-EOF /x\n\t\ta\tb\n  \tc\n\t\tEOF\n").copy()
        #expect(copy.inlineFiles == [InlineFile(name: "EOF", content: "a\tb\n  \tc\n", isExpanded: true)])
    }

    @Test("keeps CR in its body and finds its end in a CRLF file")
    func carriageReturn() throws {
        let run = try instruction("RUN <<EOF\r\na\r\n\r\nEOF\r\n").run()
        #expect(run.heredocs.map(\.content) == ["a\r\n\r\n"])
    }

    @Test("in COPY after a blank is two words and yet swallows its body")
    func blankInCopy() throws {
        let copy = try instruction("COPY << EOF /x\nbody\nEOF\n").copy()
        #expect(copy.sources == ["<<", "EOF"])
        #expect(copy.inlineFiles.isEmpty)
    }

    @Test("mixes with other sources and may not be the destination")
    func sources() throws {
        let add = try instruction("ADD a <<X b <<\"Y\" /d/\n1\nX\n2\nY\n").add()
        #expect(add.sources == ["a", "b"])
        #expect(add.inlineFiles.map(\.name) == ["X", "Y"])
        #expect(add.inlineFiles.map(\.isExpanded) == [true, false])
        #expect(parseError("FROM a\nCOPY a <<X\nX\n")?.reason == .heredocAsDestination(instruction: "COPY"))
    }

    @Test(
        "is no heredoc elsewhere",
        arguments: ["ENV a=<<EOF", "LABEL a=\"<<EOF\"", "CMD cat <<EOF", "RUN [\"<<EOF\"]"]
    )
    func elsewhere(_ line: String) throws {
        #expect(try parse("FROM scratch\n\(line)\nUSER x\n").stages[0].instructions.count == 2)
    }

    @Test("belongs to the lines of its instruction; the next instruction follows it")
    func lines() throws {
        let stage = try parse("FROM scratch\nRUN <<EOF\n\n# kept\n\\\nEOF\n\nUSER x\n").stages[0]
        #expect(stage.instructions.map(\.range) == [SourceRange(first: 2, last: 6), SourceRange(line: 8)])
        #expect(try stage.instructions[0].run().heredocs[0].content == "\n# kept\n\\\n")
    }

    @Test("without end is told where it begins")
    func unterminated() {
        let error = parseError("FROM a\nRUN <<EOF\nEOF \n EOF\n")
        #expect(error?.reason == .unterminatedHeredoc("EOF"))
        #expect(error?.range?.mark == SourceRange.Mark(line: 2, column: 7, length: 3))
    }

    @Test("in ONBUILD is part of the trigger's text and can be read back")
    func onbuild() throws {
        let onbuild = try instruction("onbuild  run <<EOF\necho a\nEOF\n").onbuild()
        #expect(onbuild.expression == "run <<EOF\necho a\nEOF")
        let trigger = try DockerfileParser.parse(trigger: onbuild.expression, at: SourceRange(line: 1))
        #expect(try trigger.run() == onbuild.instruction?.run())
        #expect(try trigger.run().shellText == "echo a\n")
    }
}
