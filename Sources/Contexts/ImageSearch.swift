internal import Bytes
internal import OCI

/// The way from an entry of index.json down to the image for a platform, through indexes inside indexes.
struct ImageSearch {
    let blobs: any ImageBlobs
    let platform: Platform
    /// The platforms that were met, for the message.
    var seen: [Platform] = []
    /// What was looked at; each document is looked at once, however often indexes name it.
    private var visited: Set<Digest> = []

    init(_ blobs: any ImageBlobs, platform: Platform) {
        self.blobs = blobs
        self.platform = platform
    }

    /// The image that a digest names, listed in index.json or not.
    mutating func image(digest: Digest) throws(ContextsError) -> ResolvedImage {
        let bytes = try blobs.documentBytes(digest)
        let document: ImageDocument
        do throws(OCIError) {
            let found = Digest(of: bytes, algorithm: digest.algorithm)
            guard found == digest else { throw OCIError.wrongDigest(expected: digest, found: found) }
            document = try ImageDocument(bytes: bytes)
        } catch { throw .malformedDocument("the blob \(digest)", layout: blobs.path, error) }
        var descriptor = document.descriptor
        descriptor.digest = digest
        if let image = try image(descriptor, depth: 0, isChoice: false) { return image }
        throw .noImageFor(platform, layout: blobs.path, known: seen)
    }

    /// The image that a descriptor leads to, or nil if it is for another platform.
    ///
    /// `isChoice` says that the descriptor is one of several, so that a manifest's platform matters.
    mutating func image(
        _ descriptor: OCI.Descriptor,
        depth: Int,
        isChoice: Bool
    ) throws(ContextsError) -> ResolvedImage? {
        guard visited.insert(descriptor.digest).inserted else { return nil }
        let bytes = try blobs.documentBytes(descriptor.digest)
        let document: ImageDocument
        do throws(OCIError) { document = try ImageDocument(bytes: bytes, of: descriptor) } catch {
            throw .malformedDocument("the blob \(descriptor.digest)", layout: blobs.path, error)
        }
        switch document {
        case .index(let index):
            guard depth < DocumentLimits.indexDepth else {
                throw .nestedTooDeep(layout: blobs.path, limit: DocumentLimits.indexDepth)
            }
            return try choose(index.content, depth: depth + 1)
        case .manifest(let manifest):
            let configDescriptor = manifest.content.config
            let configBytes = try blobs.documentBytes(configDescriptor.digest)
            let config: Document<ImageConfig>
            do throws(OCIError) {
                config = try Document(bytes: configBytes, of: configDescriptor)
                try manifest.content.check(config.content)
            } catch { throw .malformedDocument("the config \(configDescriptor.digest)", layout: blobs.path, error) }
            // An entry that tells no platform is for what its config says.
            if isChoice && descriptor.platform == nil && !platform.accepts(config.content.platform) {
                note(config.content.platform)
                return nil
            }
            return ResolvedImage(manifest: manifest, config: config)
        }
    }

    /// The best image of an index for the platform.
    mutating func choose(_ index: Index, depth: Int) throws(ContextsError) -> ResolvedImage? {
        for entry in index.manifests where !entry.isAttestation { entry.platform.map { note($0) } }
        for candidate in index.candidates(for: platform) {
            if let image = try image(candidate, depth: depth, isChoice: true) { return image }
        }
        return nil
    }

    private mutating func note(_ platform: Platform) {
        if !seen.contains(platform) { seen.append(platform) }
    }
}
