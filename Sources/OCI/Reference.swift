public import Bytes

/// An image's name: registry, repository, and a tag or a digest or both (OCI distribution-spec 1.1, "Pulling
/// manifests"; short names complete themselves as Docker's do).
///
/// Every part is checked ASCII without `..`, so it is safe as a part of a URL.
public struct Reference: Hashable, Sendable {
    /// The registry's host, with its port if it has one.
    public let domain: String
    /// The repository in the registry.
    public let path: String
    /// What the name points to in words; `latest` where neither tag nor digest is given.
    public let tag: String?
    /// What the name points to for good; it wins over the tag.
    public let digest: Digest?

    private static let defaultDomain = "docker.io"
    private static let defaultNamespace = "library/"

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Reads a name as people write it: `busybox` is `docker.io/library/busybox:latest`.
    ///
    /// - Throws: `OCIError.malformedReference` with the part that is not well formed.
    public init(_ text: some StringProtocol) throws(OCIError) { try self.init(ByteString(Array(text.utf8))) }

    /// Reads a name as people write it: `busybox` is `docker.io/library/busybox:latest`.
    ///
    /// - Throws: `OCIError.malformedReference` with the part that is not well formed.
    public init(_ text: ByteString) throws(OCIError) {
        do {
            self = try Self.parse(text)
        } catch {
            throw .malformedReference(text, error)
        }
    }

    /// Registry and repository, which name all versions of the image.
    public var name: String { domain + "/" + path }

    /// The name as people write it: without what would be completed, tag and digest as they are.
    public var familiar: String { shortName + suffix }

    private var shortName: String {
        guard domain == Self.defaultDomain else { return name }
        let isOfficial = path.hasPrefix(Self.defaultNamespace) && path.split(separator: "/").count == 2
        return isOfficial ? String(path.dropFirst(Self.defaultNamespace.count)) : path
    }

    private var suffix: String { (tag.map { ":" + $0 } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// The same name with another tag, and without a digest.
    ///
    /// - Throws: `OCIError.malformedReference` for a tag that is not well formed.
    public func tagged(_ tag: ByteString) throws(OCIError) -> Reference {
        guard ReferenceGrammar.isTag(tag) else { throw .malformedReference(tag, .tag) }
        return Reference(domain: domain, path: path, tag: tag.text, digest: nil)
    }

    /// The same name, pinned to what it stands for now; the tag stays.
    public func pinned(to digest: Digest) -> Reference {
        Reference(domain: domain, path: path, tag: tag, digest: digest)
    }

    private static func parse(_ text: ByteString) throws(OCIError.ReferenceProblem) -> Reference {
        guard !text.isEmpty else { throw .empty }
        guard text.count <= ReferenceGrammar.maximumLength else {
            throw .tooLong(limit: ReferenceGrammar.maximumLength)
        }
        guard text.count != 64 || !text.bytes.allSatisfy(ASCII.isHexDigit) else { throw .isIdentifier }

        let (named, digestText) = text.cut(at: UInt8(ascii: "@"))
        var digest: Digest?
        if let digestText {
            guard let valid = try? Digest(digestText) else { throw .digest }
            digest = valid
        }
        let (domain, remainder) = splitDomain(named)
        let (path, tag) = remainder.cut(at: UInt8(ascii: ":"))
        guard ReferenceGrammar.isDomain(domain) else { throw .registry }
        guard path.count <= ReferenceGrammar.maximumPath else { throw .tooLong(limit: ReferenceGrammar.maximumPath) }
        guard ReferenceGrammar.isPath(path) else {
            throw ReferenceGrammar.isPath(path.lowercased) ? .repositoryNotLowercase : .repository
        }
        if let tag {
            guard tag.count <= ReferenceGrammar.maximumTag else { throw .tooLong(limit: ReferenceGrammar.maximumTag) }
            guard ReferenceGrammar.isTag(tag) else { throw .tag }
        }
        let version = tag?.text ?? (digest == nil ? "latest" : nil)
        return Reference(domain: domain.text, path: path.text, tag: version, digest: digest)
    }

    /// The first part is a registry if it could not be a part of a repository: it has a point, a colon or an upper-case
    /// letter, or is `localhost`.
    private static func splitDomain(_ named: ByteString) -> (domain: ByteString, remainder: ByteString) {
        let (first, rest) = named.cut(at: UInt8(ascii: "/"))
        let marks = [UInt8(ascii: "."), UInt8(ascii: ":")]
        var domain = ByteString(defaultDomain)
        var remainder = named
        if let rest, first == "localhost" || first.bytes.contains(where: marks.contains) || first.lowercased != first {
            domain = first == "index.docker.io" ? domain : first
            remainder = rest
        }
        if domain == ByteString(defaultDomain), !remainder.bytes.contains(UInt8(ascii: "/")) {
            remainder = ByteString(defaultNamespace) + remainder
        }
        return (domain, remainder)
    }
}

extension Reference: CustomStringConvertible, Comparable {
    /// The whole name, such as `docker.io/library/busybox:latest`; it reads back as the same reference.
    public var description: String { name + suffix }

    /// The order of the whole names.
    public static func < (left: Reference, right: Reference) -> Bool { left.description < right.description }
}

extension ByteString {
    /// The bytes before the first `mark`, and those after it if there is one.
    fileprivate func cut(at mark: UInt8) -> (ByteString, ByteString?) {
        guard let position = bytes.firstIndex(of: mark) else { return (self, nil) }
        return (ByteString(Array(bytes[..<position])), ByteString(Array(bytes[(position + 1)...])))
    }
}
