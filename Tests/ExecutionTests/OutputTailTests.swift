import Bytes
import Testing

@testable import Execution

@Suite("The last lines of a step's output")
struct OutputTailTests {
    private func tail(_ pieces: [[UInt8]]) -> [ByteString] {
        var tail = OutputTail()
        for piece in pieces { piece.withUnsafeBytes { tail.append($0) } }
        return tail.lines
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let pieces: [ByteString]
        let expected: [ByteString]

        init(_ name: String, _ pieces: [ByteString], _ expected: [ByteString]) {
            (testDescription, self.pieces, self.expected) = (name, pieces, expected)
        }
    }

    @Test(
        "lines are put together from pieces",
        arguments: [
            Case("nothing", [], []),
            Case("an empty piece", [""], []),
            Case("a line", ["one\n"], ["one"]),
            Case("a line without an end", ["one"], ["one"]),
            Case("a line in pieces", ["o", "n", "e\ntw", "o"], ["one", "two"]),
            Case("empty lines are lines", ["one\n\n", "\ntwo\n"], ["one", "", "", "two"]),
            Case("a newline of its own", ["one", "\n", "two"], ["one", "two"]),
            Case(
                "bytes that are no text",
                [ByteString([0xff, 0x00, 0x0d, 0x0a, 0x1b])],
                [ByteString([0xff, 0x00, 0x0d]), ByteString([0x1b])]
            ),
        ]
    )
    func pieces(_ expected: Case) {
        #expect(tail(expected.pieces.map(\.bytes)) == expected.expected)
    }

    @Test("of many lines the last twenty are kept, however they come", arguments: [1, 7, 64, 1000, 100_000])
    func manyLines(_ size: Int) {
        let text = Array((0..<5000).map { "line \($0)\n" }.joined().utf8)
        let pieces = stride(from: 0, to: text.count, by: size).map { Array(text[$0..<min($0 + size, text.count)]) }
        #expect(tail(pieces) == (4980..<5000).map { ByteString("line \($0)") })
    }

    @Test("a line without end is cut, and what follows it is a line again", arguments: [1000, 65_536, 3_000_000])
    func longLines(_ size: Int) {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
        let pieces = stride(from: 0, to: long.count, by: size).map { Array(long[$0..<min($0 + size, long.count)]) }
        let lines = tail([Array("first\n".utf8)] + pieces + [Array("\nlast\n".utf8)])
        #expect(lines.count == 3)
        #expect(lines.first == "first")
        #expect(lines.dropFirst().first?.count ?? 0 <= 2000)
        #expect(lines.last == "last")
    }

    @Test("what came before a large piece is not joined to its last part")
    func largePieces() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        let lines = tail([Array("start".utf8), [0x0A] + long + Array("\nlast\n".utf8)])
        #expect(!lines.contains { $0.hasPrefix("startx") })
        #expect(lines.last == "last")
    }

    @Test("what is kept is little, whatever was printed")
    func bounded() {
        let line = [UInt8](repeating: UInt8(ascii: "y"), count: 100_000) + [0x0A]
        let lines = tail(Array(repeating: line, count: 100))
        #expect(lines.count <= 20)
        #expect(lines.allSatisfy { $0.count <= 2000 })
    }
}
