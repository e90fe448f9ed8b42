package import Bytes
import Glibc

/// A Dockerfile's text with the name it is shown under and a table of where its lines begin.
///
/// Lines end at LF; a CR before it belongs to the line. Line numbers are 1-based everywhere.
package struct SourceText: Sendable, Hashable {
    /// The name for messages, such as `Dockerfile` or `sub/My.Dockerfile`.
    package let name: String

    /// The file as it was read, byte order mark and all.
    package let content: ByteString

    /// Offsets in `content` at which lines begin; the first is 0 if there is a line at all.
    package let lineStarts: [Int]

    /// Takes a whole file; reads its bytes once to find the lines.
    package init(name: String = "Dockerfile", content: ByteString) {
        self.name = name
        self.content = content
        var starts: [Int] = content.isEmpty ? [] : [0]
        content.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var offset = 0
            while let found = memchr(base + offset, Int32(Byte.lineFeed), bytes.count - offset) {
                offset = base.distance(to: UnsafeRawPointer(found)) + 1
                guard offset < bytes.count else { break }
                starts.append(offset)
            }
        }
        self.lineStarts = starts
    }

    /// How many lines there are; a line feed at the very end begins no further line.
    package var lineCount: Int { lineStarts.count }

    /// The bytes of line `number` without its line ending; empty if there is no such line.
    package func line(_ number: Int) -> ByteString {
        guard number >= 1, number <= lineStarts.count else { return ByteString() }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : content.count
        while end > start, content.bytes[end - 1] == Byte.lineFeed || content.bytes[end - 1] == Byte.carriageReturn {
            end -= 1
        }
        return ByteString(Array(content.bytes[start..<end]))
    }
}
