public import Bytes

/// The environment of a process: `NAME=value` entries in the order in which their names first came.
///
/// Setting and looking up take constant time, so ten thousand ENV instructions stay linear.
public struct ProcessEnvironment: Sendable {
    /// The entries as a process gets them.
    public private(set) var entries: [ByteString] = []
    private var positions: [ByteString: Int] = [:]

    /// An empty environment.
    public init() {}

    /// Takes the entries of a config.
    ///
    /// A later entry of a name replaces the earlier one in its place; an entry without
    /// `=` is a name with an empty value, as BuildKit reads it.
    public init(_ entries: [ByteString]) {
        for entry in entries { set(entry) }
    }

    /// Sets the name of an entry to its value; one without `=` is a name with an empty value.
    package mutating func set(_ entry: ByteString) {
        let equals = entry.bytes.firstIndex(of: UInt8(ascii: "=")) ?? entry.count
        self[ByteString(Array(entry.bytes[..<equals]))] = ByteString(Array(entry.bytes[equals...].dropFirst()))
    }

    /// The names that are set, in no order.
    public var names: some Sequence<ByteString> { positions.keys }

    /// Takes the entries of a config as they are, also those that set a name twice or have no `=`.
    ///
    /// The first entry of a name is the one that is read and set, as BuildKit's ENV does it.
    package init(keeping entries: [ByteString]) {
        self.entries = entries
        for (position, entry) in entries.enumerated() {
            let equals = entry.bytes.firstIndex(of: UInt8(ascii: "=")) ?? entry.count
            let name = ByteString(Array(entry.bytes[..<equals]))
            if positions[name] == nil { positions[name] = position }
        }
    }

    /// The value of a name, nil where it is not set.
    ///
    /// Setting nil removes the name.
    public subscript(name: ByteString) -> ByteString? {
        get {
            guard let position = positions[name] else { return nil }
            return ByteString(Array(entries[position].bytes.dropFirst(name.count + 1)))
        }
        set {
            switch (positions[name], newValue) {
            case (let position?, let value?): entries[position] = name + "=" + value
            case (nil, let value?):
                positions[name] = entries.count
                entries.append(name + "=" + value)
            case (let position?, nil):
                entries.remove(at: position)
                positions[name] = nil
                for (other, place) in positions where place > position { positions[other] = place - 1 }
            case (nil, nil): break
            }
        }
    }
}

extension ProcessEnvironment: Hashable {
    /// Equal environments have equal entries in the same order.
    public static func == (left: ProcessEnvironment, right: ProcessEnvironment) -> Bool {
        left.entries == right.entries
    }

    /// Hashes the entries.
    public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}
