internal import Bytes
internal import OCI

/// What `--metadata-file` holds: the keys of buildx, sorted as it writes them.
struct MetadataDocument {
    /// The image's manifest, and its config's digest; nil where no image was made.
    var manifest: Descriptor?
    var configDigest: Digest?
    /// What the image was named.
    var names: [Reference] = []
    /// What there was to warn of, in BuildKit's form.
    var warnings: [JSONValue] = []

    /// The document, in JSON.
    var bytes: [UInt8] {
        var members: [JSONObject.Member] = []
        func add(_ name: ByteString, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        if !warnings.isEmpty { add("buildx.build.warnings", .array(warnings)) }
        if let configDigest { add("containerimage.config.digest", .string(configDigest.description)) }
        if let manifest {
            add("containerimage.descriptor", .object(manifest.json))
            add("containerimage.digest", .string(manifest.digest.description))
        }
        if !names.isEmpty { add("image.name", .string(names.map(\.description).joined(separator: ","))) }
        return JSONValue.object(JSONObject(uniqueMembers: members)).indented
    }
}
