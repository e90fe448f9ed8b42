import Bytes
import Dockerfile
import Testing

@Suite("Expansion")
struct ExpansionTests {
    private let values: [ByteString: ByteString] = [
        "A": "alpha", "E": "", "N": "one\ntwo", "L": "a/b/c.tar.gz", "D": "$A", "é": "accent", "X": "x\u{FE}y",
    ]

    private func expand(_ word: String, options: Expansion.Options = []) throws -> String {
        try Expansion(options: options) { values[$0] }.expandWord(ByteString(word)).text
    }

    @Test(
        "of modifiers follows BuildKit",
        arguments: [
            ("${L#*/}", "b/c.tar.gz"), ("${L##*/}", "c.tar.gz"), ("${L%.*}", "a/b/c.tar"), ("${L%%.*}", "a/b/c"),
            ("${L/\\//-}", "a-b/c.tar.gz"), ("${L//\\//-}", "a-b-c.tar.gz"), ("${L//?\\//<$0>}", "<><>c.tar.gz"),
            ("${L//?\\//<'$0'>}", "<a/><b/>c.tar.gz"), ("${A//l/'$$'}", "a$pha"), ("${A///-}", "-a-l-p-h-a-"),
            ("${N#*}", "one\ntwo"), ("${N##*}", "\ntwo"), ("${N%%*}", "one\n"), ("${N/?t/_}", "one\ntwo"),
            ("${U#x}", ""), ("${A%\\*}", "alpha"), ("$é ${é}!", "accent accent!"), ("$1a$$b", "ab"), ("a$", "a$"),
            ("${D}", "$A"), ("${U:-$D}", "$A"), ("${E-u}${E:-v}${E+w}${E:+z}", "vw"), ("${A:?no}", "alpha"),
        ]
    )
    func modifiers(_ word: String, _ expected: String) throws {
        #expect(try expand(word) == expected)
    }

    @Test(
        "a byte order mark before a word is none of its text",
        arguments: ["\u{FEFF}x", "\u{FEFF}'x'", "\u{FEFF}${E:-x}"]
    )
    func mark(_ word: String) throws {
        #expect(try expand(word).utf8.elementsEqual("x".utf8))
        #expect(try expand("a" + word).utf8.elementsEqual("a\u{FEFF}x".utf8))
    }

    @Test("matches any one character, not any one byte, and keeps bytes that are no character")
    func characters() throws {
        let expansion = Expansion { $0 == "V" ? ByteString(Array("é".utf8) + [0xFE, 0x61]) : nil }
        #expect(try expansion.expandWord("${V#?}").bytes == [0xFE, 0x61])
        #expect(try expansion.expandWord("${V#??}").bytes == [0x61])
        #expect(try expansion.expandWord("${V%??}") == "é")
    }

    @Test(
        "refuses what is not closed or not known",
        arguments: [
            ("${", DockerfileError.Reason.unexpectedEnd(missing: "}")), ("${A", .unexpectedEnd(missing: "}")),
            ("${A:-b", .unexpectedEnd(missing: "}")), ("${A/b", .unexpectedEnd(missing: "/")),
            ("${A/b/c", .unexpectedEnd(missing: "}")), ("${}", .badSubstitution), ("${{A}}", .badSubstitution),
            ("${:x}", .badSubstitution), ("${A^}", .unsupportedModifier("^")), ("${A:#x}", .unsupportedModifier(":#")),
            ("${A é}", .unsupportedModifier(" ")), ("'a", .unterminatedQuote("'")),
            ("\"a\\\"", .unterminatedQuote("\"")),
            ("${U?}", .requiredVariable("U", isEmpty: false, message: nil)),
            ("${E:?set E}", .requiredVariable("E", isEmpty: true, message: "set E")),
            ("${A#\\a}", .invalidPattern("\\a")), ("${U%\\a}", .invalidPattern("\\a")),
        ]
    )
    func errors(_ word: String, _ reason: DockerfileError.Reason) {
        #expect { try expand(word) } throws: { ($0 as? DockerfileError)?.reason == reason }
    }

    @Test("says which names were used and which are undefined")
    func names() throws {
        let result = try Expansion { values[$0] }.expand("$A${U:-$E}'$Q' ${A:+$W}")
        #expect(result.used == ["A", "E"])
        #expect(result.undefined == ["U", "W"])
    }

    @Test("splits words at white space of values, not of quotes")
    func words() throws {
        let expansion = Expansion { $0 == "V" ? " a  b " : nil }
        #expect(try expansion.expandWords("x$V'$V'\"$V\"y") == ["x", "a", "b", "$V a  b y"])
        #expect(try expansion.expandWords(" $U '' ").isEmpty)
    }

    @Test("can keep quotes, escapes and unset variables, or ignore quotes")
    func options() throws {
        #expect(try expand("'$A'\"$A\"", options: .keepsQuotes) == "'$A'\"alpha\"")
        #expect(try expand("\\$A\\x", options: .keepsEscapes) == "\\$A\\x")
        #expect(
            try expand("$U ${U} ${U:-$A} ${U#'a'} ${U/a/b} $A", options: .keepsUnset)
                == "$U ${U} ${U:-alpha} ${U#a} ${U/a/b} alpha"
        )
        #expect(try expand("it's \"$A\" \\$A", options: .ignoresQuotes) == "it's \"alpha\" $A")
    }

    @Test("stops at its limits instead of eating memory, stack or time")
    func limits() {
        let nested = String(repeating: "${U:-", count: 100_000) + String(repeating: "}", count: 100_000)
        #expect { try expand(nested) } throws: { ($0 as? DockerfileError)?.reason == .expansionTooDeep(64) }
        let long = ByteString(Array(repeating: UInt8(ascii: "a"), count: 600_000))
        let expansion = Expansion { _ in long }
        #expect { try expansion.expandWord("$A$A") } throws: {
            ($0 as? DockerfileError)?.reason == .expansionTooLarge(limit: 1 << 20)
        }
        #expect { try expansion.expandWord("${A//a/bb}") } throws: {
            ($0 as? DockerfileError)?.reason == .expansionTooLarge(limit: (1 << 20) - 600_000)
        }
        let stars = ByteString("${A//\(String(repeating: "*a", count: 200))b/x}")
        #expect { try expansion.expandWord(stars) } throws: {
            ($0 as? DockerfileError)?.reason == .patternTooCostly
        }
    }
}
