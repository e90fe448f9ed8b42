import Bytes
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    struct Escape: Sendable, CustomTestStringConvertible {
        let string: ByteString
        let written: String
        var testDescription: String { written }
    }

    @Test(
        "escapes what Go's encoder escapes",
        arguments: [
            Escape(string: "plain é €", written: "plain é €"),
            Escape(string: "\"\\/", written: #"\"\\/"#),
            Escape(string: "\n\r\t\u{8}\u{C}", written: #"\n\r\t\b\f"#),
            Escape(string: "\u{1}\u{1F}\u{7F}", written: "\\u0001\\u001f\u{7F}"),
            Escape(string: "a && b <c>", written: #"a \u0026\u0026 b \u003cc\u003e"#),
            Escape(string: "\u{2027}\u{2028}\u{2029}\u{202A}", written: "\u{2027}\\u2028\\u2029\u{202A}"),
            Escape(string: ByteString([0x61, 0xFF, 0xE2, 0x82, 0x62]), written: #"a\ufffd\ufffd\ufffdb"#),
            Escape(string: ByteString([0]), written: #"\u0000"#),
        ]
    )
    func escapes(_ escape: Escape) {
        #expect(String(decoding: JSONValue.string(escape.string).compact, as: UTF8.self) == "\"\(escape.written)\"")
    }

    @Test("writes one line without spaces, members in their order")
    func writesCompact() {
        let value: JSONValue = ["b": [1, "x", .null, false], "a": [:], "c": []]
        #expect(String(decoding: value.compact, as: UTF8.self) == #"{"b":[1,"x",null,false],"a":{},"c":[]}"#)
    }

    @Test("writes for people with indents and without escapes for HTML")
    func writesIndented() {
        let value: JSONValue = ["a": [1, ["b": "<&>"]], "c": [], "d": [:]]
        let expected = """
            {
              "a": [
                1,
                {
                  "b": "<&>"
                }
              ],
              "c": [],
              "d": {}
            }

            """
        #expect(String(decoding: value.indented, as: UTF8.self) == expected)
    }

    @Test(
        "gives a compact document back as it was",
        arguments: [
            ##"{"z":1,"a":[true,null,-0.50],"é":"\u003c😀"}"##,
            #"[[],{},"",0,{"":""}]"#, #""\u0000\b""#,
        ]
    )
    func roundTrips(_ text: String) throws {
        #expect(try String(decoding: JSONValue(parsing: Array(text.utf8)).compact, as: UTF8.self) == text)
    }
}

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("find, replace and remove members in small and in large objects", arguments: [3, 15, 16, 17, 400])
    func editsMembers(_ count: Int) {
        var object = JSONObject()
        for index in 0..<count { object[ByteString("name\(index)")] = .integer(index) }
        #expect(object.insert("name1", 9) == false)
        object["name1"] = "one"
        object["name0"] = nil
        object["absent"] = nil
        object["last"] = true
        #expect(object.count == count)
        #expect(object["name0"] == nil)
        #expect(object["name1"] == "one")
        #expect(object["name2"] == 2)
        #expect(object.members.first?.name == "name1")
        #expect(object.members.last?.name == "last")
        #expect(object["last"] == true)
    }

    @Test("with the same members in another order are not equal, since they are written differently")
    func orderCounts() {
        let left: JSONValue = ["a": 1, "b": 2]
        let right: JSONValue = ["b": 2, "a": 1]
        #expect(left != right)
    }

    @Test("take whole numbers only where they are written so and fit")
    func readsIntegers() {
        #expect(JSONValue.number("-9223372036854775808").integer == .min)
        #expect(JSONValue.number("9223372036854775808").integer == nil)
        #expect(JSONValue.number("1.0").integer == nil)
        #expect(JSONValue.string("1").integer == nil)
    }
}
