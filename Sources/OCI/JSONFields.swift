internal import Bytes

/// Reads the members of one object of a document, and names the place in every error.
///
/// Missing and `null` are the same, as to every engine: Go writes `null` for an empty list.
struct JSONFields {
    let object: JSONObject
    /// Where the object stands, such as `config`; empty for the document itself.
    private let path: String
    /// The object's place in the array at `path`.
    private let index: Int?

    init(_ object: JSONObject, at path: String = "", index: Int? = nil) {
        self.object = object
        self.path = path
        self.index = index
    }

    /// Where a member stands, such as `layers[2].digest`.
    func path(of name: ByteString) -> String {
        let own = path + (index.map { "[\($0)]" } ?? "")
        return own.isEmpty ? name.text : own + "." + name.text
    }

    /// The members whose names are not in `known`, in their order.
    func rest(after known: [ByteString]) -> JSONObject {
        var rest = JSONObject()
        for member in object.members where !known.contains(member.name) { rest[member.name] = member.value }
        return rest
    }

    func value(_ name: ByteString) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// The value that `read` finds in a member; nil where the member is missing.
    private func typed<Value>(
        _ name: ByteString,
        _ expected: String,
        _ read: (JSONValue) -> Value?
    ) throws(OCIError) -> Value? {
        guard let value = value(name) else { return nil }
        guard let result = read(value) else { throw .malformedField(path(of: name), expected: expected) }
        return result
    }

    /// The value, or an error where the member is missing.
    func require<Value>(_ name: ByteString, _ value: Value?) throws(OCIError) -> Value {
        guard let value else { throw .missingField(path(of: name)) }
        return value
    }

    /// A string; empty where it is missing, which no document tells apart.
    func text(_ name: ByteString) throws(OCIError) -> ByteString { try typed(name, "a string", \.string) ?? "" }

    func bool(_ name: ByteString) throws(OCIError) -> Bool { try typed(name, "true or false", \.bool) ?? false }

    func integer(_ name: ByteString) throws(OCIError) -> Int64? { try typed(name, "a whole number", \.integer) }

    func array(_ name: ByteString) throws(OCIError) -> [JSONValue]? { try typed(name, "an array", \.array) }

    /// An array of strings; nil where it is missing.
    func texts(_ name: ByteString) throws(OCIError) -> [ByteString]? {
        guard let values = try array(name) else { return nil }
        var texts: [ByteString] = []
        texts.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard let text = value.string else {
                throw .malformedField("\(path(of: name))[\(index)]", expected: "a string")
            }
            texts.append(text)
        }
        return texts
    }

    /// An object whose values are strings; a `null` among them is read as the empty string.
    func textMap(_ name: ByteString) throws(OCIError) -> [ByteString: ByteString] {
        guard let members = try typed(name, "an object", \.object)?.members else { return [:] }
        var map: [ByteString: ByteString] = [:]
        map.reserveCapacity(members.count)
        for member in members {
            guard let text = member.value.isNull ? "" : member.value.string else {
                throw .malformedField("\(path(of: name)).\(member.name.text)", expected: "a string")
            }
            map[member.name] = text
        }
        return map
    }

    /// An object that stands for a set: only its names count.
    func names(_ name: ByteString) throws(OCIError) -> Set<ByteString> {
        guard let members = try typed(name, "an object", \.object)?.members else { return [] }
        for member in members where !member.value.isNull && member.value.object == nil {
            throw .malformedField("\(path(of: name)).\(member.name.text)", expected: "an object")
        }
        return Set(members.lazy.map(\.name))
    }

    func fields(_ name: ByteString) throws(OCIError) -> JSONFields? {
        guard let object = try typed(name, "an object", \.object) else { return nil }
        return JSONFields(object, at: path(of: name))
    }

    /// The elements of an array of objects; empty where it is missing.
    func list(_ name: ByteString, limit: Int = .max) throws(OCIError) -> [JSONFields] {
        guard let values = try array(name) else { return [] }
        guard values.count <= limit else {
            throw .tooMany(field: path(of: name), count: values.count, limit: limit)
        }
        let place = path(of: name)
        var list: [JSONFields] = []
        list.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard let object = value.object else { throw .malformedField("\(place)[\(index)]", expected: "an object") }
            list.append(JSONFields(object, at: place, index: index))
        }
        return list
    }
}

// MARK: Values with types of their own

extension JSONFields {
    func digest(_ name: ByteString) throws(OCIError) -> Digest? {
        try typed(name, "a digest") { value in value.string.flatMap { try? Digest($0) } }
    }

    func digests(_ name: ByteString) throws(OCIError) -> [Digest]? {
        guard let texts = try texts(name) else { return nil }
        var digests: [Digest] = []
        for (index, text) in texts.enumerated() {
            guard let digest = try? Digest(text) else {
                throw .malformedField("\(path(of: name))[\(index)]", expected: "a digest")
            }
            digests.append(digest)
        }
        return digests
    }

    /// A media type; nil where it is missing or empty, as Go's encoder leaves it in some documents.
    func mediaType(_ name: ByteString) throws(OCIError) -> MediaType? {
        guard try !text(name).isEmpty else { return nil }
        return try typed(name, "a media type") { value in value.string.flatMap { try? MediaType($0) } }
    }

    func timestamp(_ name: ByteString) throws(OCIError) -> Timestamp? {
        try typed(name, "a time as RFC 3339 writes it") { value in value.string.flatMap { try? Timestamp($0) } }
    }

    /// A length of time in nanoseconds; zero where it is missing.
    func duration(_ name: ByteString) throws(OCIError) -> Duration { .nanoseconds(try integer(name) ?? 0) }

    func descriptor(_ name: ByteString) throws(OCIError) -> Descriptor? {
        guard let fields = try fields(name) else { return nil }
        return try Descriptor(fields)
    }

    func descriptors(_ name: ByteString, limit: Int) throws(OCIError) -> [Descriptor] {
        var descriptors: [Descriptor] = []
        for fields in try list(name, limit: limit) { descriptors.append(try Descriptor(fields)) }
        return descriptors
    }
}
