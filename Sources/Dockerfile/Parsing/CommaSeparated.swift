import Bytes

/// One line of comma-separated values (RFC 4180), as `--mount` and `--device` take them.
enum CommaSeparated {
    /// The most fields that any option list needs, many times over.
    private static let limit = 1_000

    /// The fields; nil if the text is empty, a quote is not closed, one stands inside an unquoted field, or there
    /// are more than a thousand.
    static func fields(_ text: ByteString) -> [ByteString]? {
        var bytes = text.bytes[...]
        if bytes.last == Byte.lineFeed {
            bytes.removeLast()
            if bytes.last == Byte.carriageReturn { bytes.removeLast() }
        }
        guard !bytes.isEmpty else { return nil }
        var fields: [ByteString] = []
        while fields.count < limit {
            if bytes.first == Byte.doubleQuote {
                guard let field = quoted(&bytes) else { return nil }
                fields.append(field)
                guard !bytes.isEmpty else { return fields }
                guard bytes.removeFirst() == Byte.comma else { return nil }
            } else {
                let field = bytes.prefix { $0 != Byte.comma }
                guard !field.contains(Byte.doubleQuote) else { return nil }
                fields.append(ByteString(Array(field)))
                bytes = bytes.dropFirst(field.count)
                guard !bytes.isEmpty else { return fields }
                bytes.removeFirst()
            }
        }
        return nil
    }

    /// Takes a field in quotes, in which two quotes stand for one.
    private static func quoted(_ bytes: inout ArraySlice<UInt8>) -> ByteString? {
        bytes.removeFirst()
        var field: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte != Byte.doubleQuote {
                field.append(byte)
            } else if bytes.first == Byte.doubleQuote {
                field.append(byte)
                bytes.removeFirst()
            } else {
                return ByteString(field)
            }
        }
        return nil
    }
}
