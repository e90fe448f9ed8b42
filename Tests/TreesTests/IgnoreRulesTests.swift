import Bytes
import Foundation
import Testing
import Trees

/// Rows recorded from moby's matcher; without the shared folder there are none and the reason is printed.
struct IgnoreVector: Decodable, Sendable, CustomTestStringConvertible {
    var patterns: [String]
    var ignored: [String]?
    var kept: [String]?
    var error: Bool?

    var testDescription: String { patterns.joined(separator: " ") }

    static let all: [IgnoreVector] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "../shared/vectors/ignore.jsonl").standardizedFileURL
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            print("left out: the recorded ignore rules, \(file.path) is not there")
            return []
        }
        let lines = text.split(separator: "\n")
        return lines.compactMap { try? JSONDecoder().decode(IgnoreVector.self, from: Data($0.utf8)) }
    }()
}

@Suite("Ignore rules")
struct IgnoreRulesTests {
    @Test("every recorded row of patterns ignores and keeps what moby's matcher does", arguments: IgnoreVector.all)
    func vector(_ row: IgnoreVector) throws {
        let patterns = row.patterns.map { ByteString($0) }
        if row.error == true {
            #expect(throws: MalformedPattern.self) { try IgnoreRules(patterns: patterns) }
            return
        }
        let rules = try IgnoreRules(patterns: patterns)
        func isIgnored(_ path: String) -> Bool { rules.verdict(on: TreePath(parsing: ByteString(path))).isIgnored }
        let ignored = try #require(row.ignored)
        #expect(ignored.filter { !isIgnored($0) } == [])
        #expect(try #require(row.kept).filter(isIgnored) == [])
    }

    @Test("all 232 recorded rows were read", .enabled(if: !IgnoreVector.all.isEmpty, "the shared folder is not there"))
    func count() { #expect(IgnoreVector.all.count == 232) }

    /// A file of rules, a path, and whether it is ignored, with the line that decides.
    struct FileCase: Sendable, CustomTestStringConvertible {
        var file: String
        var path: ByteString
        var line: Int?
        var isIgnored: Bool
        var testDescription: String { file.debugDescription + " on " + path.text }

        init(_ file: String, _ path: ByteString, ignoredBy line: Int) {
            (self.file, self.path, self.line, isIgnored) = (file, path, line, true)
        }

        init(_ file: String, _ path: ByteString, keptBy line: Int?) {
            (self.file, self.path, self.line, isIgnored) = (file, path, line, false)
        }
    }

    @Test(
        "a file is read line by line, and the line that decided is known",
        arguments: [
            FileCase("# a\na", "a", ignoredBy: 2),
            FileCase(" # a", "# a", ignoredBy: 1),
            FileCase("  spaced  ", "spaced", ignoredBy: 1),
            FileCase("\u{A0}\u{2003}wide\u{3000}", "wide", ignoredBy: 1),
            FileCase("/rooted", "rooted", ignoredBy: 1),
            FileCase("/rooted", "d/rooted", keptBy: nil),
            FileCase("*\n! /a", "a", keptBy: 2),
            FileCase("dir/", "dir/f", ignoredBy: 1),
            FileCase("a//b/./c/../d", "a/b/d", ignoredBy: 1),
            FileCase("\u{FEFF}a\r\nb\r\n", "a", ignoredBy: 1),
            FileCase("\u{FEFF}a\r\nb\r\n", "b", ignoredBy: 2),
            FileCase("\n\n*.md\n!README*.md\nREADME-secret.md", "README-secret.md", ignoredBy: 5),
            FileCase("\n\n*.md\n!README*.md\nREADME-secret.md", "README.md", keptBy: 4),
            FileCase("*\n!a/b/c", "a/b/c/z", keptBy: 2),
            FileCase("*\n!a/b/c", "a/b/q", ignoredBy: 1),
            FileCase("*\n!src\nsrc/**/*.tmp", "src/d/y.tmp", ignoredBy: 3),
            FileCase("*\n!src\nsrc/**/*.tmp", "src/d/y", keptBy: 2),
            FileCase("cafe\u{301}", "caf\u{E9}", keptBy: nil),
            FileCase("[^a]x", "\u{E9}x", ignoredBy: 1),
            FileCase(".", "a", keptBy: nil),
            FileCase("/", "a", keptBy: nil),
        ]
    )
    func readsFile(_ example: FileCase) throws {
        let rules = try IgnoreRules(file: Array(example.file.utf8))
        let verdict = rules.verdict(on: TreePath(parsing: example.path))
        #expect(verdict.isIgnored == example.isIgnored)
        #expect(verdict.rule.flatMap { rules.rules[$0].line } == example.line)
    }

    @Test(
        "a lone ! and a set without end are refused with their line",
        arguments: ["a\n!", "a\n[b", "a\nb\\", "a\n! /"]
    )
    func malformed(_ text: String) throws {
        let error = #expect(throws: MalformedPattern.self) { try IgnoreRules(file: Array(text.utf8)) }
        #expect(error?.line == 2)
        #expect(error?.message.hasPrefix("line 2: ") == true)
    }

    /// A directory that is ignored, and whether anything below it may be taken in.
    struct PruneCase: Sendable {
        var file: String
        var directory: ByteString
        var enters: Bool
    }

    @Test(
        "an ignored directory is entered only if a later rule may take something in again below it",
        arguments: [
            PruneCase(file: "d", directory: "d", enters: false),
            PruneCase(file: "*\n!d/e", directory: "d", enters: true),
            PruneCase(file: "*\n!d/e", directory: "other", enters: false),
            PruneCase(file: "!d/e\n*", directory: "d", enters: false),
            PruneCase(file: "d\n!**/x", directory: "d", enters: true),
            PruneCase(file: "d\n!e/*/x", directory: "d", enters: false),
            PruneCase(file: "d\n!d/e*/x", directory: "d", enters: true),
            PruneCase(file: "**\n!**/e/x", directory: "d", enters: true),
        ]
    )
    func prunes(_ example: PruneCase) throws {
        let rules = try IgnoreRules(file: Array(example.file.utf8))
        let verdict = rules.verdict(on: example.directory, in: rules.top)
        #expect(verdict.isIgnored)
        #expect((rules.descend(into: example.directory, verdict, from: rules.top) != nil) == example.enters)
    }

    @Test("a name that is not UTF-8 is matched byte by byte")
    func bytes() throws {
        let rules = try IgnoreRules(file: Array("a?b\n".utf8) + [0xFF, 0x0A])
        #expect(rules.verdict(on: TreePath([ByteString([0x61, 0xFE, 0x62])])).rule == 0)
        #expect(rules.verdict(on: TreePath([ByteString([0xFF])])).rule == 1)
        #expect(rules.verdict(on: TreePath([ByteString([0xFE])])).rule == nil)
    }

    @Test("hostile patterns cost time in proportion to their length", .timeLimit(.minutes(20)))
    func hostile() throws {
        let deep = String(repeating: "**/a/", count: 1000) + "b"
        let stars = String(repeating: "*a", count: 1500) + "b"
        let sets = String(repeating: "[a-z]*", count: 1000) + "0"
        let many = (0..<2000).map { "**/x\($0)*" }
        let rules = try IgnoreRules(patterns: ([deep, stars, sets] + many).map { ByteString($0) })
        let path = TreePath(Array(repeating: "aaaaaaaaaaaaaaaa", count: 20))
        #expect(!rules.verdict(on: path).isIgnored)
        #expect(throws: MalformedPattern.self) {
            try IgnoreRules(patterns: [ByteString(String(repeating: "[", count: 10_000))])
        }
        #expect(throws: MalformedPattern.self) {
            try IgnoreRules(patterns: [ByteString(String(repeating: "a", count: 100_000))])
        }
    }
}
