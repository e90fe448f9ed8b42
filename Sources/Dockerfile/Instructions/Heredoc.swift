package import Bytes

/// A here-document of RUN, COPY or ADD.
package struct Heredoc: Sendable, Hashable {
    /// The word after `<<`, without quotes; it ends the body and names the file in COPY and ADD.
    package let name: ByteString
    /// Whether variables in the body are expanded; false if any part of the name was quoted.
    package let isExpanded: Bool
    /// Whether it was `<<-`: tabs at the beginning of lines go away in `text`.
    package let stripsTabs: Bool
    /// The digits before `<<`, 0 without any.
    package let descriptor: Int
    /// The body as it stands in the file: tabs and CR are there, the terminating line is not.
    package let content: ByteString

    /// The body with leading tabs removed where `<<-` asks for it.
    package var text: ByteString {
        guard stripsTabs else { return content }
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var isLineStart = true
        for byte in content.bytes {
            if isLineStart, byte == Byte.tab { continue }
            isLineStart = byte == Byte.lineFeed
            result.append(byte)
        }
        return ByteString(result)
    }
}
