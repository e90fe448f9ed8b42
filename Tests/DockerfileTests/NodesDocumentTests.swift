import Bytes
import Dockerfile
import Foundation
import Testing

@Suite("The parsed file as JSON")
struct NodesDocumentTests {
    private static let rows: [(number: Int, json: JSONValue)] = Vectors.rows("parse.jsonl").compactMap { row in
        (try? JSONValue(parsing: Array(row.json))).map { (row.number, $0) }
    }

    @Test("is, of every recorded row that parses, the row itself", arguments: rows.map(\.number))
    func row(_ number: Int) throws {
        let row = try #require(Self.rows.first { $0.number == number }?.json)
        let source = SourceText(content: try #require(row["dockerfile"]?.string))
        guard row["error"] == nil else {
            #expect(throws: DockerfileError.self) { try DockerfileParser.parseNodes(source) }
            return
        }
        let document = NodesDocument.json(try DockerfileParser.parseNodes(source))
        let read = try JSONValue(parsing: document.compact)
        #expect(read["escape"] == row["escape"])
        #expect(read["instructions"] == row["instructions"])
    }

    @Test("has the members that are not empty")
    func members() throws {
        let text = "# escape=`\nFROM a\nonbuild run [\"b\"]\nCOPY --link <<-'E' /\n\tx\nE\nCMD\n"
        let nodes = try DockerfileParser.parseNodes(SourceText(content: ByteString(text)))
        #expect(
            NodesDocument.json(nodes) == [
                "escape": "`",
                "instructions": [
                    ["lines": [2, 2], "instruction": "FROM", "words": ["a"]],
                    [
                        "lines": [3, 3], "instruction": "ONBUILD", "words": [],
                        "trigger": ["lines": [0, 0], "instruction": "RUN", "words": ["b"], "json": true],
                    ],
                    [
                        "lines": [4, 6], "instruction": "COPY", "flags": ["--link"], "words": ["<<-'E'", "/"],
                        "heredocs": [["name": "E", "expand": false, "chomp": true, "content": "\tx\n"]],
                    ],
                    ["lines": [7, 7], "instruction": "CMD", "words": []],
                ],
            ]
        )
    }
}
