internal import BuildEngine
internal import Bytes
internal import OCI

/// What `--metadata-file` holds: the keys of buildx, sorted as it writes them.
struct MetadataDocument {
    /// What is described.
    let result: BuildResult

    /// The document, in JSON.
    var bytes: [UInt8] {
        var members: [JSONObject.Member] = []
        func add(_ name: ByteString, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        if !result.warnings.isEmpty { add("buildx.build.warnings", .array(result.warnings.map(warning))) }
        add("containerimage.config.digest", .string(result.configDigest.description))
        add("containerimage.descriptor", .object(result.manifest.json))
        add("containerimage.digest", .string(result.manifest.digest.description))
        if !result.names.isEmpty {
            add("image.name", .string(result.names.map(\.description).joined(separator: ",")))
        }
        return JSONValue.object(JSONObject(uniqueMembers: members)).indented
    }

    /// BuildKit's form, in which the text is bytes and JSON has those in base 64.
    private func warning(_ text: ByteString) -> JSONValue {
        ["level": 1, "short": .string(Base64.encoded(text.bytes))]
    }
}

/// RFC 4648 §4.
enum Base64 {
    /// The text that stands for the bytes.
    static func encoded(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let letter = letters[Int(bits >> UInt32(18 - 6 * index) & 63)]
                result.append(index <= group.count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
