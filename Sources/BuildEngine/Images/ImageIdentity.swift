public import Bytes
public import OCI

/// Which image something is told of.
public struct ImageIdentity: Sendable, Hashable {
    /// The word by which it was asked for.
    public var word: ByteString
    /// The names it has there where it was found.
    public var names: [Reference]
    /// The config's digest, which Docker calls the image's id.
    public var id: Digest
    /// The manifest's digest; of a docker archive that of a manifest that was made for it.
    public var digest: Digest
    /// What it runs on.
    public var platform: Platform

    /// An image by what it is known by.
    public init(
        word: ByteString,
        names: [Reference],
        id: Digest,
        digest: Digest,
        platform: Platform
    ) {
        self.word = word
        self.names = names
        self.id = id
        self.digest = digest
        self.platform = platform
    }
}
