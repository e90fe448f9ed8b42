import Bytes
import Dockerfile
import Foundation
import Testing

/// A row of `parse.jsonl`.
struct ParseRow: Decodable, Sendable, CustomTestStringConvertible {
    /// An instruction in the form of the vectors.
    struct Row: Decodable, Equatable, Sendable {
        struct Body: Decodable, Equatable, Sendable {
            var name: String
            var expand: Bool
            var chomp: Bool
            var content: String
        }

        indirect enum Box: Decodable, Equatable, Sendable {
            case row(Row)

            init(from decoder: any Decoder) throws { self = .row(try Row(from: decoder)) }
        }

        var lines: [Int]
        var instruction: String
        var flags: [String]?
        var words: [String]?
        var json: Bool?
        var trigger: Box?
        var heredocs: [Body]?
    }

    var dockerfile: String
    var escape: String?
    var instructions: [Row]?
    var error: String?

    var testDescription: String { dockerfile.debugDescription }

    static let all: [ParseRow] = Vectors.rows("parse.jsonl").compactMap { row in
        try? JSONDecoder().decode(ParseRow.self, from: row.json)
    }
}

extension ParseRow.Row {
    /// A node in the form of the vectors: empty members are left out, but for words.
    init(_ node: InstructionNode) {
        lines = [node.range.first, node.range.last]
        instruction = node.keyword.text.uppercased()
        flags = node.flags.isEmpty ? nil : node.flags.map(\.text)
        words = node.words.map(\.text)
        json = node.isJSON ? true : nil
        trigger = node.trigger.first.map { .row(ParseRow.Row($0)) }
        heredocs =
            node.heredocs.isEmpty
            ? nil
            : node.heredocs.map {
                Body(
                    name: $0.name.text,
                    expand: $0.isExpanded,
                    chomp: $0.stripsTabs,
                    content: $0.content.text
                )
            }
    }

    /// The row with `words` there even if it was left out.
    var normalized: Self {
        var row = self
        row.words = words ?? []
        if case .row(let inner)? = trigger { row.trigger = .row(inner.normalized) }
        return row
    }
}

@Suite("Recorded parses")
struct ParseVectorTests {
    @Test("every row parses to what BuildKit made of it, or fails where BuildKit fails", arguments: ParseRow.all)
    func row(_ row: ParseRow) throws {
        let source = SourceText(content: ByteString(row.dockerfile))
        guard row.error == nil else {
            #expect(throws: DockerfileError.self) { try DockerfileParser.parseNodes(source) }
            return
        }
        let file = try DockerfileParser.parseNodes(source)
        #expect(String(Unicode.Scalar(file.escape)) == row.escape)
        #expect(file.nodes.map(ParseRow.Row.init) == (row.instructions ?? []).map(\.normalized))
    }

    @Test("all rows of the file could be read")
    func count() {
        #expect(ParseRow.all.count == Vectors.rows("parse.jsonl").count)
    }
}
