public import Bytes
public import OCI

/// What a build came to.
public struct BuildResult: Sendable {
    /// The descriptor of the image's manifest; nil where no image was made (`type=cacheonly`).
    public var manifest: Descriptor?
    /// The digest of the image's config: what Docker calls the image's id; nil as above.
    public var configDigest: Digest?
    /// The names that the image got in the store.
    public var names: [Reference]
    /// How many steps ran.
    public var stepsRun: Int
    /// How many steps an earlier result answered.
    public var stepsCached: Int
    /// What should be told about the Dockerfile.
    public var warnings: [ByteString]
    /// The same in the form in which BuildKit's client has them, for buildx's metadata file.
    package var warningRecords: [JSONValue]
}
