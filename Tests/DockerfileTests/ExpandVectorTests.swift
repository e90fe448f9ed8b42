import Bytes
import Dockerfile
import Foundation
import Testing

/// A row of `expand.jsonl`.
struct ExpandRow: Decodable, Sendable, CustomTestStringConvertible {
    var word: String
    var escape: String
    var env: [String: String]
    var result: String?
    var words: [String]?
    var error: Bool?

    var testDescription: String { word.debugDescription }

    static let all: [ExpandRow] = Vectors.rows("expand.jsonl").compactMap { row in
        try? JSONDecoder().decode(ExpandRow.self, from: row.json)
    }

    var expansion: Expansion {
        let environment = Dictionary(uniqueKeysWithValues: env.map { (ByteString($0.key), ByteString($0.value)) })
        return Expansion(escape: escape.utf8.first ?? 0) { environment[$0] }
    }
}

@Suite("Recorded expansions")
struct ExpandVectorTests {
    @Test("every word expands to what BuildKit made of it, or fails where BuildKit fails", arguments: ExpandRow.all)
    func row(_ row: ExpandRow) throws {
        let word = ByteString(row.word)
        guard row.error != true else {
            #expect(throws: DockerfileError.self) { try row.expansion.expand(word) }
            return
        }
        let result = try row.expansion.expand(word)
        #expect(result.text.text == row.result)
        #expect(result.words.map(\.text) == row.words ?? [])
        #expect(try row.expansion.expandWord(word) == result.text)
    }

    @Test("all rows of the file could be read")
    func count() {
        #expect(ExpandRow.all.count == Vectors.rows("expand.jsonl").count)
    }
}
