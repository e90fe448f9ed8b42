internal import Bytes

/// Members as Go's structs emit them with `omitempty`: what is empty is left out, maps are sorted by name.
extension JSONObject {
    mutating func set(_ name: ByteString, _ text: ByteString) {
        if !text.isEmpty { self[name] = .string(text) }
    }

    mutating func set(_ name: ByteString, _ texts: [ByteString]?) {
        if let texts, !texts.isEmpty { self[name] = .array(texts.map { .string($0) }) }
    }

    mutating func set(_ name: ByteString, _ isTrue: Bool) {
        if isTrue { self[name] = true }
    }

    mutating func set(_ name: ByteString, _ number: Int64) {
        if number != 0 { self[name] = .integer(number) }
    }

    mutating func set(_ name: ByteString, _ timestamp: Timestamp?) {
        if let timestamp { self[name] = .string(timestamp.text) }
    }

    mutating func set(_ name: ByteString, _ value: (some CustomStringConvertible)?) {
        if let value { self[name] = .string(value.description) }
    }

    mutating func set(_ name: ByteString, _ map: [ByteString: ByteString]) {
        guard !map.isEmpty else { return }
        let members = map.map { Member(name: $0.key, value: .string($0.value)) }
        self[name] = .object(JSONObject(uniqueMembers: members.sorted { $0.name < $1.name }))
    }

    mutating func set(_ name: ByteString, namesOf set: Set<ByteString>) {
        guard !set.isEmpty else { return }
        let members = set.sorted().map { Member(name: $0, value: [:]) }
        self[name] = .object(JSONObject(uniqueMembers: members))
    }

    /// Adds the members that a reader did not know, after the others.
    mutating func append(_ others: JSONObject) {
        for member in others.members { _ = insert(member.name, member.value) }
    }
}
