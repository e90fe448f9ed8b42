internal import Bytes
internal import Testing

@testable internal import Reports

/// Outputs and messages as Go's text/template and docker 28 gave them, but where a line says otherwise.
@Suite("A Go template")
struct GoTemplateTests {
    struct Line: Sendable, CustomTestStringConvertible {
        var template: String
        var output: String
        var testDescription: String { template }

        init(_ template: String, _ output: String) {
            self.template = template
            self.output = output
        }
    }

    static let value = GoValue.structure(
        GoStructure(
            "types.Image",
            [
                .init("ID", .text("sha256:8b439c72853b")),
                .init("Os", .text("linux")),
                .init("Size", .integer(1_985_521)),
                .init("Tags", .list([.text("app:1"), .text("app:latest")])),
                .init("None", .list(nil), omitsEmpty: true),
                .init("Check", .null, omitsEmpty: true),
                .init("IsGood", .bool(true)),
                .init(
                    "Config",
                    .structure(
                        GoStructure(
                            "container.Config",
                            [
                                .init("Labels", .map(["a": .text("b"), "c d": .text("e <f>")])),
                                .init("Env", .list([.text("A=1"), .text("B=2")])),
                            ]
                        )
                    )
                ),
            ]
        )
    )

    static let outputs = [
        Line("", ""), Line("plain", "plain"), Line("{{.ID}}", "sha256:8b439c72853b"),
        Line("{{ .Os }}/{{.Size}}", "linux/1985521"), Line("{{.Config.Labels.a}}", "b"),
        Line("{{index .Config.Labels \"c d\"}}", "e <f>"), Line("{{.Config.Labels.nope}}", "<no value>"),
        Line("{{index .Config.Labels \"nope\"}}", ""), Line("{{.Tags}}", "[app:1 app:latest]"),
        Line("{{.Config.Labels}}", "map[a:b c d:e <f>]"), Line("{{.None}}|{{.Check}}|{{.IsGood}}", "[]|<nil>|true"),
        Line("{{json .Config.Labels}}", #"{"a":"b","c d":"e \u003cf\u003e"}"#),
        Line("{{json .Tags}}{{json .None}}{{json .Check}}{{json .Size}}", #"["app:1","app:latest"]nullnull1985521"#),
        Line("{{json .Config}}", #"{"Labels":{"a":"b","c d":"e \u003cf\u003e"},"Env":["A=1","B=2"]}"#),
        Line("{{range .Tags}}[{{.}}]{{end}}", "[app:1][app:latest]"),
        Line("{{range $i, $e := .Tags}}{{if $i}}, {{end}}{{$e}}{{end}}", "app:1, app:latest"),
        Line("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=b;c d=e <f>;"),
        Line("{{range .None}}x{{else}}none{{end}}", "none"),
        Line("{{range .Tags}}{{.}}{{break}}{{end}}", "app:1"),
        Line("{{range $i, $e := .Tags}}{{if eq $i 0}}{{continue}}{{end}}{{$e}}{{end}}", "app:latest"),
        Line("{{range .Tags}}{{$.Os}} {{end}}", "linux linux "),
        Line("{{if eq .Os \"linux\"}}a{{else}}b{{end}}", "a"),
        Line("{{if eq .Os \"x\"}}a{{else if eq .Os \"linux\"}}b{{else}}c{{end}}", "b"),
        Line("{{if .Check}}a{{else}}b{{end}}", "b"), Line("{{if and .IsGood .Os}}a{{end}}", "a"),
        Line("{{with .Os}}os={{.}}{{end}}", "os=linux"), Line("{{with .Check}}x{{else}}y{{end}}", "y"),
        Line("{{with $x := .Os}}{{$x}}{{end}}", "linux"), Line("{{$x := .Os}}{{$x}}{{$x = \"y\"}}{{$x}}", "linuxy"),
        Line("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        Line(
            "{{eq .Os \"a\" \"linux\"}} {{ne 1 2}} {{lt 1 2}} {{ge \"b\" \"a\"}} {{not true}}",
            "true true true true false"
        ),
        Line("{{and 1 0}}{{or \"\" \"z\"}}", "0z"), Line("{{len .Tags}} {{len .Os}} {{len .Config.Labels}}", "2 5 2"),
        Line("{{index .Tags 1}} {{index .Os 0}}", "app:latest 108"), Line("{{slice .ID 7 19}}", "8b439c72853b"),
        Line("{{upper .Os}} {{lower \"AB\"}} {{title \"ab cd\"}}", "LINUX ab Ab Cd"),
        Line("{{join .Config.Env \",\"}}", "A=1,B=2"), Line("{{join (split .ID \":\") \"/\"}}", "sha256/8b439c72853b"),
        Line("{{(index (split .ID \":\") 1)}}", "8b439c72853b"),
        Line("{{pad .Os 2 1}}|{{truncate .ID 3}}", "  linux |sha"),
        Line("{{.Os | upper | printf \"%s-%s\" \"a\"}}", "a-LINUX"),
        Line(
            "{{printf \"%q %7s|%-7s|%v|%05d|%.3s|%%|%x|%t\" .Os .Os .Os .Tags 42 .ID 255 true}}",
            "\"linux\"   linux|linux  |[app:1 app:latest]|00042|sha|%|ff|true"
        ),
        Line("{{printf \"%d\" .Os}}", "%!d(string=linux)"), Line("{{printf \"%s\"}}", "%!s(MISSING)"),
        Line("{{print 1 2 \"a\" \"b\" 3}}|{{println 1 \"a\"}}", "1 2ab3|1 a\n"),
        Line("a {{- \" x \" -}} b", "a x b"), Line("{{/* note */}}x{{- /* note */ -}} y", "xy"),
        Line(#"{{"a\tb\n\"\x41é"}}{{`raw\n`}}"#, "a\tb\n\"A\u{E9}raw\\n"), Line("{{true}} {{-3}}", "true -3"),
        Line("{{(.Config).Labels.a}} {{$.Config.Labels.a}}", "b b"),
    ]

    @Test("prints what Go prints", arguments: outputs)
    func prints(_ line: Line) throws {
        #expect(try GoTemplate(ByteString(line.template)).text(for: Self.value).text == line.output)
    }

    static let failures = [
        Line("{{.Nope}}", ":1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type types.Image"),
        Line(
            "{{.Config.Nope}}",
            ":1:9: executing \"\" at <.Config.Nope>: can't evaluate field Nope in type container.Config"
        ),
        Line("{{.Os.X}}", ":1:5: executing \"\" at <.Os.X>: can't evaluate field X in type string"),
        Line("{{.Check.X}}", ":1:8: executing \"\" at <.Check.X>: nil pointer evaluating X"),
        Line(
            "{{index .Tags 9}}",
            ":1:2: executing \"\" at <index .Tags 9>: error calling index: index out of range: 9"
        ),
        Line("{{eq .Os 1}}", ":1:2: executing \"\" at <eq .Os 1>: error calling eq: incompatible types for comparison"),
        Line("{{range .Os}}{{end}}", ":1:8: executing \"\" at <.Os>: range can't iterate over linux"),
        Line("{{.Os", ":1: unclosed action"), Line("{{if .Os}}", ":1: unexpected EOF"),
        Line("{{end}}", ":1: unexpected {{end}}"), Line("x\n{{else}}", ":2: unexpected {{else}}"),
        Line("{{if}}x{{end}}", ":1: missing value for if"),
        Line("{{.Os | nofunc}}", ":1: function \"nofunc\" not defined"),
        Line("{{html .Os}}", ":1: function \"html\" is not supported"),
        Line("{{define \"x\"}}{{end}}", ":1: {{define}} is not supported"),
        Line("{{\"abc", ":1: unterminated quoted string"), Line("{{$x}}", ":1: undefined variable \"$x\""),
        Line("{{.Os .Os}}", ":1: can't give argument to non-function .Os"), Line("{{(.Os}}", ":1: unclosed left paren"),
        Line("{{}}", ":1: missing value for command"), Line("{{break}}", ":1: {{break}} outside {{range}}"),
        Line("{{1.5}}", ":1: bad number syntax: \"1\""), Line("{{.Os ; .Os}}", ":1: unexpected \";\" in command"),
        Line(
            "{{printf \"%99999999d\" 1}}",
            ":1:2: executing \"\" at <printf \"%99999999d\" 1>: error calling printf: a width is over 65536"
        ),
    ]

    @Test("is refused with the place of the mistake", arguments: failures)
    func refuses(_ line: Line) {
        var message = ""
        do { _ = try GoTemplate(ByteString(line.template)).text(for: Self.value) } catch { message = error.message }
        #expect(message == "template parsing error: template: " + line.output)
    }

    @Test("with deep nesting is refused, not followed")
    func limitsDepth() {
        let deep = String(repeating: "{{if true}}", count: 200) + String(repeating: "{{end}}", count: 200)
        #expect(throws: TemplateError.self) { try GoTemplate(ByteString(deep)) }
        let parens = "{{" + String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200) + "}}"
        #expect(throws: TemplateError.self) { try GoTemplate(ByteString(parens)) }
    }

    @Test("whose end is cut anywhere is read or refused")
    func survivesCuts() {
        let whole = Array(
            "{{range $i, $e := .Tags}}{{if eq $i 0}}a{{else}}{{printf \"%s\" $e | upper}}{{end}}{{end -}} x".utf8
        )
        for count in 0..<whole.count {
            do { _ = try GoTemplate(ByteString(Array(whole[..<count]))).text(for: Self.value) } catch {
                #expect(error.message.hasPrefix("template parsing error"))
            }
        }
    }
}
