internal import Bytes

/// What made a layer, as people wrote it: without what builders put around it, on one line.
enum InstructionText {
    private static let marks: [(prefix: String, replacement: String)] = [
        ("/bin/sh -c #(nop) ", ""), ("RUN /bin/sh -c ", "RUN "), ("/bin/sh -c ", "RUN "),
    ]

    /// `cells`: how wide it may be; nil leaves it whole.
    static func text(_ instruction: ByteString, cells: Int?) -> String {
        var text = SafeText.line(instruction.bytes.map { $0 == 0x0A || $0 == 0x09 ? 0x20 : $0 }, keepsColours: false)
        let end = " # buildkit"
        if text.hasSuffix(end) { text.removeLast(end.count) }
        if let mark = marks.first(where: { text.hasPrefix($0.prefix) }) {
            text = mark.replacement + text.dropFirst(mark.prefix.count)
        }
        text = text.split(separator: " ").joined(separator: " ")
        return cells.map { DisplayWidth.fitted(text, to: $0) } ?? text
    }
}
