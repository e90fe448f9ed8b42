import Bytes

/// Reads the flags of one instruction against those it knows.
struct FlagSet {
    /// How a flag is written.
    enum Kind {
        /// `--name` or `--name=true`.
        case boolean
        /// `--name=value`, once.
        case text
        /// `--name=value`, any number of times.
        case list
    }

    private var values: [String: [ByteString]] = [:]
    /// The names that were given, in order of appearance, each once.
    private(set) var used: [String] = []

    /// Reads flags as the line splitter gives them.
    ///
    /// - Throws: for a flag that is unknown, repeated, without its value or with a wrong one.
    init(
        _ flags: [ByteString],
        known: KeyValuePairs<String, Kind>,
        instruction: String
    ) throws(DockerfileError) {
        for flag in flags {
            let separator = flag.bytes.firstIndex(of: Byte.equals)
            let dashedName = ByteString(Array(flag.bytes[..<(separator ?? flag.count)]))
            let nameBytes = dashedName.bytes.dropFirst(2)
            let value = separator.map { ByteString(Array(flag.bytes[($0 + 1)...])) }
            guard let (name, kind) = known.first(where: { nameBytes.elementsEqual($0.key.utf8) }) else {
                let names = known.map(\.key)
                let suggestion = Suggestion.nearest(to: ByteString(Array(nameBytes)), among: names, ignoresCase: false)
                throw DockerfileError(
                    .unknownFlag(
                        instruction: instruction,
                        flag: dashedName,
                        suggestion: suggestion,
                        known: names.sorted()
                    )
                )
            }
            if used.contains(name), kind != .list {
                throw DockerfileError(.repeatedFlag(instruction: instruction, flag: dashedName))
            }
            if !used.contains(name) { used.append(name) }
            if kind == .boolean {
                values[name] = [try Self.boolean(value, dashedName, instruction)]
            } else if let value {
                values[name, default: []].append(value)
            } else {
                throw DockerfileError(.flagWithoutValue(instruction: instruction, flag: dashedName))
            }
        }
    }

    private static func boolean(
        _ value: ByteString?,
        _ flag: ByteString,
        _ instruction: String
    ) throws(DockerfileError) -> ByteString {
        guard let value else { return "true" }
        guard !value.isEmpty else { throw DockerfileError(.flagWithoutValue(instruction: instruction, flag: flag)) }
        let lower = Ascii.lower(value)
        guard lower == "true" || lower == "false" else {
            throw DockerfileError(.flagNotBoolean(instruction: instruction, flag: flag, value: value))
        }
        return lower
    }

    /// The value of a flag; nil if it was not given or is empty, which means the same.
    func text(_ name: String) -> ByteString? {
        guard let value = values[name]?.first, !value.isEmpty else { return nil }
        return value
    }

    /// All values of a flag in order.
    func list(_ name: String) -> [ByteString] { values[name] ?? [] }

    /// The value of a flag that is true or false; nil if it was not given.
    func boolean(_ name: String) -> Bool? { values[name].map { $0 == ["true"] } }
}
