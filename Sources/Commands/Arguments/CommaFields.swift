internal import Bytes

/// One line of comma-separated values (RFC 4180): a field that holds a comma stands in quotes.
enum CommaFields {
    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")

    /// The fields; nil if the text is empty, a quote is not closed, or one stands inside an unquoted field.
    static func split(_ text: ByteString) -> [ByteString]? {
        guard !text.isEmpty else { return nil }
        var fields: [ByteString] = []
        var rest = text.bytes[...]
        while true {
            var field: [UInt8] = []
            if rest.first == quote {
                rest.removeFirst()
                guard let content = quoted(&rest) else { return nil }
                field = content
            } else {
                field = Array(rest.prefix { $0 != comma })
                guard !field.contains(quote) else { return nil }
                rest = rest.dropFirst(field.count)
            }
            fields.append(ByteString(field))
            guard let next = rest.popFirst() else { return fields }
            guard next == comma else { return nil }
        }
    }

    /// A field up to its closing quote; two quotes stand for one.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var field: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte != quote {
                field.append(byte)
            } else if rest.first == quote {
                field.append(byte)
                rest.removeFirst()
            } else {
                return field
            }
        }
        return nil
    }
}
