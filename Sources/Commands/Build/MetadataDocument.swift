internal import Bytes
internal import OCI

/// What `--metadata-file` holds: the keys of buildx, sorted as it writes them.
struct MetadataDocument {
    /// The image's manifest, and its config's digest; nil where no image was made.
    var manifest: Descriptor?
    var configDigest: Digest?
    /// What the image was named.
    var names: [Reference] = []
    /// What there was to warn of.
    var warnings: [ByteString] = []

    /// The document, in JSON.
    var bytes: [UInt8] {
        var members: [JSONObject.Member] = []
        func add(_ name: ByteString, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        if !warnings.isEmpty { add("buildx.build.warnings", .array(warnings.map(warning))) }
        if let configDigest { add("containerimage.config.digest", .string(configDigest.description)) }
        if let manifest {
            add("containerimage.descriptor", .object(manifest.json))
            add("containerimage.digest", .string(manifest.digest.description))
        }
        if !names.isEmpty { add("image.name", .string(names.map(\.description).joined(separator: ","))) }
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
