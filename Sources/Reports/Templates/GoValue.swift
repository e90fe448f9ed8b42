package import Bytes

/// A value that a template is run over, in the kinds that Go's `text/template` tells apart.
package indirect enum GoValue: Hashable, Sendable {
    /// What a map has under a name that is not in it; printed as `<no value>`.
    case missing
    /// A pointer to nothing; printed as `<nil>`.
    case null
    case bool(Bool)
    case integer(Int64)
    case text(ByteString)
    /// A list that may be nil, which is `null` in JSON and empty otherwise.
    case list([GoValue]?)
    /// Printed in the order of its names; a name that is not there gives ``missing``.
    case map([ByteString: GoValue]?)
    case structure(GoStructure)

    package static func text(_ text: String) -> GoValue { .text(ByteString(text)) }

    package static func texts(_ texts: [ByteString]?) -> GoValue { .list(texts.map { $0.map(GoValue.text) }) }
}

/// A value with fields of fixed names: another name is an error.
package struct GoStructure: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package var name: ByteString
        package var value: GoValue
        /// Whether JSON leaves it out while it is empty (Go's `omitempty`).
        package var isOmittedWhenEmpty: Bool

        package init(_ name: ByteString, _ value: GoValue, omitsEmpty: Bool = false) {
            self.name = name
            self.value = value
            isOmittedWhenEmpty = omitsEmpty
        }
    }

    /// What errors call it.
    package var name: String
    package var fields: [Field]

    package init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    package subscript(name: ByteString) -> GoValue? {
        for index in fields.indices where fields[index].name == name { return fields[index].value }
        return nil
    }
}

extension GoValue {
    /// Whether `if` takes it for true: whatever is not empty or zero.
    var isTrue: Bool {
        switch self {
        case .missing, .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .text(let text): !text.isEmpty
        case .list(let elements): elements?.isEmpty == false
        case .map(let members): members?.isEmpty == false
        case .structure: true
        }
    }

    /// The text that an action prints: that of Go's `%v`.
    package var printed: ByteString {
        switch self {
        case .missing: "<no value>"
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): ByteString(String(value))
        case .text(let text): text
        case .list(let elements): "[" + (elements ?? []).map(\.printed).joined(separator: " ") + "]"
        case .map(let members):
            "map["
                + (members ?? [:]).sorted { $0.key < $1.key }.map { $0.key + ":" + $0.value.printed }
                .joined(separator: " ") + "]"
        case .structure(let structure):
            "{" + structure.fields.map(\.value.printed).joined(separator: " ") + "}"
        }
    }

    /// The value as Go's `encoding/json` writes it: maps by name, fields in their order.
    package var json: JSONValue {
        switch self {
        case .missing, .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .text(let text): return .string(text)
        case .list(let elements): return elements.map { .array($0.map(\.json)) } ?? .null
        case .map(let members):
            guard let members else { return .null }
            let sorted = members.sorted { $0.key < $1.key }
            return .object(JSONObject(uniqueMembers: sorted.map { .init(name: $0.key, value: $0.value.json) }))
        case .structure(let structure):
            let shown = structure.fields.filter { !($0.isOmittedWhenEmpty && $0.value.isEmptyForJSON) }
            return .object(
                JSONObject(uniqueMembers: shown.map { .init(name: $0.name, value: $0.value.json) })
            )
        }
    }

    private var isEmptyForJSON: Bool { !isTrue }

    /// What Go calls the kind of value, for messages.
    var kind: String {
        switch self {
        case .missing, .null: "nil"
        case .bool: "bool"
        case .integer: "int"
        case .text: "string"
        case .list: "list"
        case .map: "map"
        case .structure(let structure): structure.name
        }
    }
}
