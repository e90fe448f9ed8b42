internal import BuildEngine
internal import Bytes
internal import OCI

/// One annotation, as `--annotation` and the attributes of `--output` write it.
struct AnnotationOption {
    let annotation: BuildRequest.Annotation

    private static let flag = "--annotation"

    /// Reads `[TYPE[PLATFORM],…:]KEY=VALUE`: one annotation for each type that is named.
    ///
    /// - Throws: `UsageError` for what is malformed.
    static func parse(_ text: ByteString) throws(UsageError) -> [BuildRequest.Annotation] {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw .malformed(flag: flag, value: text, reason: "it is KEY=VALUE, or TYPE:KEY=VALUE")
        }
        let value = ByteString(Array(parts[1]))
        let named = parts[0].split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard named.count == 2 else { return [BuildRequest.Annotation(ByteString(Array(parts[0])), value)] }
        let key = ByteString(Array(named[1]))
        return try ByteString(Array(named[0])).split(separator: UInt8(ascii: ",")).map { type throws(UsageError) in
            let (place, platform) = try place(type, flag: flag, in: text)
            return BuildRequest.Annotation(key, value, place: place, platform: platform)
        }
    }

    /// Reads `annotation[-TYPE][[PLATFORM]].KEY`; nil for another key.
    init?(attribute: ByteString, _ value: ByteString, in text: ByteString) throws(UsageError) {
        let prefix = "annotation".utf8
        guard attribute.bytes.starts(with: prefix), let dot = attribute.bytes.firstIndex(of: UInt8(ascii: ".")) else {
            return nil
        }
        var type = attribute.bytes[prefix.count..<dot]
        guard type.isEmpty || type.first == UInt8(ascii: "-") || type.first == UInt8(ascii: "[") else { return nil }
        if type.first == UInt8(ascii: "-") { type = type.dropFirst() }
        let (place, platform) = try Self.place(ByteString(Array(type)), flag: OutputOption.flag, in: text)
        let key = ByteString(Array(attribute.bytes[(dot + 1)...]))
        annotation = BuildRequest.Annotation(key, value, place: place, platform: platform)
    }

    /// Reads `TYPE` or `TYPE[PLATFORM]`; an empty type is the manifest.
    private static func place(
        _ text: ByteString,
        flag: String,
        in whole: ByteString
    ) throws(UsageError) -> (BuildRequest.Annotation.Place, Platform?) {
        var name = text.bytes[...]
        var platform: Platform?
        if let open = name.firstIndex(of: UInt8(ascii: "[")), name.last == UInt8(ascii: "]") {
            let inner = ByteString(Array(name[(open + 1)...].dropLast()))
            do { platform = try Platform(parsing: inner) } catch {
                throw .malformed(flag: flag, value: whole, reason: error.message)
            }
            name = name[..<open]
        }
        let word = ByteString(Array(name)).text
        guard let place = word.isEmpty ? .manifest : BuildRequest.Annotation.Place(rawValue: word) else {
            let places = BuildRequest.Annotation.Place.allCases.map(\.rawValue).joined(separator: ", ")
            throw .malformed(flag: flag, value: whole, reason: "\"\(text.escaped)\" is no type; there are \(places)")
        }
        return (place, platform)
    }
}
