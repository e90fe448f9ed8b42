/// One JSON value (RFC 8259), with everything kept that a rewrite must not lose: the order of members, the text of
/// numbers, and members nobody asked for.
///
/// Strings are the bytes of their UTF-8 form, since a document's strings become environment entries and paths.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number as it was written; it is never rounded through a floating-point value.
    case number(ByteString)
    case string(ByteString)
    case array([JSONValue])
    case object(JSONObject)

    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(ByteString(String(value))) }

    /// A string of UTF-8 text.
    package static func string(_ text: String) -> JSONValue { .string(ByteString(text)) }

    /// Reads one document.
    ///
    /// - Parameters:
    ///   - bytes: the document, in UTF-8.
    ///   - maximumDepth: how many arrays and objects may stand inside each other.
    /// - Throws: `JSONError` for anything RFC 8259 does not allow, for a second member of the same name, and for
    ///   values nested too deep.
    package init(parsing bytes: [UInt8], maximumDepth: Int = JSONParser.defaultMaximumDepth) throws(JSONError) {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth)
        self = try parser.parseDocument()
    }

    /// The document on one line, as engines of the Docker family write theirs; see ``JSONWriter``.
    package var compact: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The document for people: two spaces an indent, a newline at the end, `<`, `>` and `&` as they are.
    package var indented: [UInt8] {
        var writer = JSONWriter(indentation: 2, escapesHTML: false)
        writer.write(self)
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension JSONValue {
    package var isNull: Bool { self == .null }

    /// The value where it is `true` or `false`.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The bytes where the value is a string.
    package var string: ByteString? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The number where it is written as a whole one and fits; `1.0` and `1e3` are not whole here, as in Go.
    package var integer: Int64? {
        guard case .number(let digits) = self else { return nil }
        return Int64(digits.text)
    }

    /// The elements where the value is an array.
    package var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members where the value is an object.
    package var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// The member of that name; nil where there is none or the value is no object.
    package subscript(name: ByteString) -> JSONValue? { object?[name] }

    /// What the value is, for messages: `a string`, `an object`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(ByteString(value)) }

    package init(integerLiteral value: Int) { self = .integer(value) }

    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object with its members in the order they are written; of two with one name the later value stays.
    package init(dictionaryLiteral elements: (ByteString, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
