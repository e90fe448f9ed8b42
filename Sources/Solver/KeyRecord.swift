package import Bytes
package import OCI

/// What went into a step's keys, by name: kept beside the result, so that a later miss can be told as a difference.
package struct KeyRecord: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package var name: ByteString
        package var value: ByteString
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package mutating func add(_ name: ByteString, _ value: ByteString) {
        fields.append(Field(name: name, value: value))
    }

    package mutating func add(_ name: ByteString, _ value: ContentHash) {
        fields.append(Field(name: name, value: ByteString(value.description)))
    }

    /// The form that the index keeps: a domain, then names and values in order, each with its length.
    package var encoded: [UInt8] {
        var encoder = CanonicalEncoder(domain: "record.1")
        for field in fields {
            encoder.append(field.name)
            encoder.append(field.value)
        }
        return encoder.bytes
    }
}
