public import Bytes

/// What can be wrong with a name, a digest or a document of an image.
public enum OCIError: DescribedError, Hashable, Sendable {
    case malformedDigest(ByteString)
    case malformedMediaType(ByteString)
    case malformedPlatform(ByteString)
    case malformedReference(ByteString, ReferenceProblem)
    case malformedTimestamp(ByteString)
    case malformedJSON(JSONError)
    /// A member of a document is not what its specification says.
    /// - `field`: where, such as `config.Env[3]`; - `expected`: what should stand there, such as `a string`.
    case malformedField(String, expected: String)
    case missingField(String)
    /// A document is larger than any reader of images accepts; sizes in bytes.
    case documentTooLarge(size: Int, limit: Int)
    case tooMany(field: String, count: Int, limit: Int)
    /// A document could be read both as a manifest and as an index.
    case ambiguousDocument(field: String)
    /// A manifest of Docker's first form, which ended in 2017.
    case oldManifestSchema
    case wrongMediaType(expected: MediaType, found: MediaType)
    /// The bytes are not as many as their descriptor says.
    case wrongSize(Digest, expected: Int64, found: Int64)
    case wrongDigest(expected: Digest, found: Digest)
    /// A manifest has another number of layers than its config names.
    case layersDoNotMatchConfig(layers: Int, diffIDs: Int)
    /// A config's history tells of another number of layers than the config names.
    case historyDoesNotMatchLayers(history: Int, diffIDs: Int)

    /// Why a name cannot be an image's.
    public enum ReferenceProblem: Error, Hashable, Sendable {
        case empty
        case tooLong(limit: Int)
        case isIdentifier
        case registry
        case repository
        case repositoryNotLowercase
        case tag
        case digest
    }
}

extension OCIError {
    /// One sentence for people, without a full stop.
    public var message: String {
        switch self {
        case .malformedDigest(let text): "`\(text.excerpt)` is not a digest"
        case .malformedMediaType(let text): "`\(text.excerpt)` is not a media type"
        case .malformedPlatform(let text): "`\(text.excerpt)` is not a platform"
        case .malformedReference(let text, let problem): "`\(text.excerpt)` is not an image name: \(problem.reason)"
        case .malformedTimestamp(let text): "`\(text.excerpt)` is not a time"
        case .malformedJSON(let error): error.message
        case .malformedField(let field, let expected): "`\(field)` is not \(expected)"
        case .missingField(let field): "`\(field)` is missing"
        case .documentTooLarge(let size, let limit): "the document has \(size) bytes; at most \(limit) are accepted"
        case .tooMany(let field, let count, let limit): "`\(field)` has \(count) entries; at most \(limit) are accepted"
        case .ambiguousDocument(let field):
            "the document has `\(field)`, so it could be read both as a manifest and as an index"
        case .oldManifestSchema: "the manifest has schema version 1, which is no longer supported"
        case .wrongMediaType(let expected, let found): "the media type is `\(found)` instead of `\(expected)`"
        case .wrongSize(let digest, let expected, let found): "\(digest) has \(found) bytes instead of \(expected)"
        case .wrongDigest(let expected, let found): "the content has the digest \(found) instead of \(expected)"
        case .layersDoNotMatchConfig(let layers, let diffIDs):
            "the manifest has \(layers) layers, but its config names \(diffIDs)"
        case .historyDoesNotMatchLayers(let history, let diffIDs):
            "the config's history tells of \(history) layers, but the config names \(diffIDs)"
        }
    }

    /// What may help, where something is known to.
    public var remedy: String? {
        switch self {
        case .malformedDigest: "write `sha256:` and 64 lower-case hexadecimal digits"
        case .malformedPlatform: "write the operating system and the architecture, such as `linux/arm64`"
        case .malformedReference(_, .repositoryNotLowercase): "write the repository in lower case"
        case .malformedReference: "names look like `registry.example/team/app:tag`"
        case .malformedTimestamp: "write it as RFC 3339 has it, such as `2026-01-02T03:04:05Z`"
        case .oldManifestSchema: "pull and push the image once with a current engine, which converts it"
        default: nil
        }
    }
}

extension OCIError.ReferenceProblem {
    fileprivate var reason: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let limit): "a part of it is longer than \(limit) characters"
        case .isIdentifier: "64 hexadecimal digits stand for an image's id"
        case .registry: "the registry's host is not well formed"
        case .repository: "the repository is not well formed"
        case .repositoryNotLowercase: "invalid reference format: the repository must be lowercase"
        case .tag: "the tag is not well formed"
        case .digest: "the digest is not well formed"
        }
    }
}

extension ByteString {
    /// The start of the text, escaped: errors quote input, which may be megabytes.
    fileprivate var excerpt: String { count <= 128 ? escaped : ByteString(Array(bytes.prefix(128))).escaped + "…" }
}
