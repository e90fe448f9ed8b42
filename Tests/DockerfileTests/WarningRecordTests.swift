import Bytes
import Dockerfile
import Testing

@Suite("Warnings as buildx writes them into the metadata file")
struct WarningRecordTests {
    private let source = SourceText(name: "a/Dockerfile", content: "FROM scratch\nMAINTAINER x\n")

    @Test("of a rule have its description, page, file and lines")
    func rule() throws {
        let rule = try #require(CheckRule.named("MaintainerDeprecated"))
        let record = WarningRecord(text: "A: b", range: SourceRange(first: 2, last: 3), rule: rule)
        let json = try #require(WarningRecord.json([record], source: source).first)
        #expect(json["level"] == 1)
        #expect(json["short"] == "QTogYiAobGluZSAyKQ==")
        #expect(json["detail"]?.array?.count == 1)
        #expect(json["url"] == "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/")
        #expect(json["sourceInfo"]?["filename"] == "Dockerfile")
        #expect(json["sourceInfo"]?["language"] == "Dockerfile")
        #expect(
            json["range"] == [["start": ["line": 2], "end": ["line": 2]], ["start": ["line": 3], "end": ["line": 3]]]
        )
    }

    @Test("of a build have what is known")
    func plain() {
        let records = WarningRecord.json([WarningRecord(text: "ab")], source: source)
        #expect(records == [["level": 1, "short": "YWI="]])
    }

    @Test("hold a large file only a few times")
    func large() {
        let source = SourceText(content: ByteString(Array(repeating: 0x20, count: 1 << 20)))
        let record = WarningRecord(text: "a", range: SourceRange(line: 1))
        let records = WarningRecord.json(Array(repeating: record, count: 9), source: source)
        #expect(records.filter { $0["sourceInfo"] != nil }.count == 4)
        #expect(records.allSatisfy { $0["range"] != nil })
    }
}
