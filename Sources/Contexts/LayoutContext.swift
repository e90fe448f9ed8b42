package import Bytes
internal import Glibc
package import Linux
package import OCI

/// An image layout in a folder (OCI image-spec 1.1, "Image Layout") that images are taken from: a base, or the source of
/// a COPY.
///
/// Everything is opened beneath the folder, so no link in it leads out. Documents are checked against their digests as
/// they are read; a layer's blob is checked by whoever reads it.
package struct LayoutContext: Sendable {
    /// The folder as the user named it, for messages.
    package let path: ByteString
    package let root: Directory

    /// Opens a layout and looks whether it is one.
    ///
    /// - Throws: `missingContext`, `notADirectory`, `unreadable`, or `notALayout` where the version file is missing or is of
    ///   another version.
    package init(path: ByteString) throws(ContextsError) {
        self.path = path
        root = try LocalContext.open(path)
        let bytes = try file(ImageLayout.versionFile, limit: 4096)
        let version = (try? JSONValue(parsing: bytes))?.object?["imageLayoutVersion"]?.string
        guard let version, version.hasPrefix("1.") else {
            let found = version.map { "version \($0.escaped)" } ?? "no version"
            throw .notALayout(path, reason: "its file oci-layout tells \(found), and 1.0.0 is what is known here")
        }
    }

    /// One image of the layout for one platform.
    package struct Image: Sendable {
        package let manifest: Document<Manifest>
        package let config: Document<ImageConfig>
    }

    /// Finds an image.
    ///
    /// - Parameters:
    ///   - tag: `org.opencontainers.image.ref.name` of an entry of index.json. Nil is `latest`, or the only entry there is;
    ///     an only entry that has no name at all has every tag.
    ///   - digest: of a manifest or an index that the layout has; the tag is not looked at then.
    ///   - platform: which image of an index is wanted. A manifest that is no part of one is taken whatever it is for.
    /// - Returns: the image, its documents checked against their digests.
    /// - Throws: `unknownTag`, `severalImages`, `noImageFor`, `missingBlob`, `malformedDocument` or `nestedTooDeep`.
    package func resolve(tag: ByteString?, digest: Digest?, platform: Platform) throws(ContextsError) -> Image {
        var search = LayoutSearch(layout: self, platform: platform)
        if let digest { return try search.image(digest: digest) }
        let entries = try taggedEntries(tag)
        if entries.count == 1 {
            if let image = try search.image(entries[0], depth: 0, isChoice: false) { return image }
        } else if let image = try search.choose(Index(manifests: entries), depth: 0) {
            return image
        }
        throw .noImageFor(platform, layout: path, known: search.seen)
    }

    /// Opens a blob to be read, whose size is the descriptor's; its digest is for the reader to check.
    ///
    /// - Throws: `missingBlob`, `unreadableBlob`, or `malformedDocument` for a blob of another size.
    package func openBlob(_ descriptor: OCI.Descriptor) throws(ContextsError) -> Linux.Descriptor {
        let (file, size) = try openBlob(descriptor.digest)
        guard size == UInt64(clamping: descriptor.size) else {
            let error = OCIError.wrongSize(descriptor.digest, expected: descriptor.size, found: Int64(clamping: size))
            throw .malformedDocument("the blob \(descriptor.digest)", layout: path, error)
        }
        return file
    }

    private func openBlob(_ digest: Digest) throws(ContextsError) -> (Linux.Descriptor, size: UInt64) {
        do throws(SystemError) {
            let file = try root.openBeneath(ImageLayout.path(of: digest), flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            let status = try file.status()
            guard status.kind == .file else { throw SystemError(code: ENOENT, call: "open") }
            return (file, status.size)
        } catch {
            throw error.isNotFound ? .missingBlob(digest, layout: path) : .unreadableBlob(digest, layout: path, error)
        }
    }

    /// The whole of a document's blob, not checked yet.
    ///
    /// - Throws: also `malformedDocument` for a blob that is larger than documents may be.
    func documentBytes(_ digest: Digest) throws(ContextsError) -> [UInt8] {
        let (file, size) = try openBlob(digest)
        guard size <= UInt64(DocumentLimits.bytes) else {
            let error = OCIError.documentTooLarge(size: Int(clamping: size), limit: DocumentLimits.bytes)
            throw .malformedDocument("the blob \(digest)", layout: path, error)
        }
        do { return try file.readAll(limit: DocumentLimits.bytes) } catch {
            throw .unreadableBlob(digest, layout: path, error)
        }
    }

    private func taggedEntries(_ tag: ByteString?) throws(ContextsError) -> [OCI.Descriptor] {
        let bytes = try file(ImageLayout.indexFile, limit: DocumentLimits.bytes)
        let index: Index
        do throws(OCIError) { index = try Document<Index>(bytes: bytes).content } catch {
            throw .malformedDocument("index.json", layout: path, error)
        }
        let entries = index.manifests.filter { !$0.isAttestation }
        guard !entries.isEmpty else { throw .notALayout(path, reason: "its index.json lists no image") }
        let named = entries.filter { $0.annotations[Annotation.refName] == tag ?? "latest" }
        if !named.isEmpty { return named }
        let known = entries.compactMap { $0.annotations[Annotation.refName] }
        if entries.count == 1 && (tag == nil || known.isEmpty) { return entries }
        if let tag { throw .unknownTag(tag, layout: path, known: known) }
        // The images of one index may be listed side by side, told apart by nothing but their platforms.
        if known.isEmpty, entries.allSatisfy({ $0.platform != nil }) { return entries }
        throw .severalImages(layout: path, known: known)
    }

    private func file(_ name: ByteString, limit: Int) throws(ContextsError) -> [UInt8] {
        do throws(SystemError) {
            let file = try root.openBeneath(name, flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard try file.status().kind == .file else { throw SystemError(code: ENOENT, call: "open") }
            return try file.readAll(limit: limit)
        } catch {
            let reason = error.isNotFound ? "it has no file \(name)" : "its \(name) cannot be read: \(error.reason)"
            throw .notALayout(path, reason: reason)
        }
    }
}

/// The way from an entry of index.json down to the image for a platform, through indexes inside indexes.
private struct LayoutSearch {
    let layout: LayoutContext
    let platform: Platform
    /// The platforms that were met, for the message.
    var seen: [Platform] = []
    /// What was looked at; each document is looked at once, however often indexes name it.
    private var visited: Set<Digest> = []

    init(layout: LayoutContext, platform: Platform) {
        self.layout = layout
        self.platform = platform
    }

    /// The image that a digest names, listed in index.json or not.
    mutating func image(digest: Digest) throws(ContextsError) -> LayoutContext.Image {
        let bytes = try layout.documentBytes(digest)
        let document: ImageDocument
        do throws(OCIError) {
            let found = Digest(of: bytes, algorithm: digest.algorithm)
            guard found == digest else { throw OCIError.wrongDigest(expected: digest, found: found) }
            document = try ImageDocument(bytes: bytes)
        } catch { throw .malformedDocument("the blob \(digest)", layout: layout.path, error) }
        var descriptor = document.descriptor
        descriptor.digest = digest
        if let image = try image(descriptor, depth: 0, isChoice: false) { return image }
        throw .noImageFor(platform, layout: layout.path, known: seen)
    }

    /// The image that a descriptor leads to, or nil if it is for another platform.
    ///
    /// `isChoice` says that the descriptor is one of several, so that a manifest's platform matters.
    mutating func image(
        _ descriptor: OCI.Descriptor,
        depth: Int,
        isChoice: Bool
    ) throws(ContextsError) -> LayoutContext.Image? {
        guard visited.insert(descriptor.digest).inserted else { return nil }
        let bytes = try layout.documentBytes(descriptor.digest)
        let document: ImageDocument
        do throws(OCIError) { document = try ImageDocument(bytes: bytes, of: descriptor) } catch {
            throw .malformedDocument("the blob \(descriptor.digest)", layout: layout.path, error)
        }
        switch document {
        case .index(let index):
            guard depth < DocumentLimits.indexDepth else {
                throw .nestedTooDeep(layout: layout.path, limit: DocumentLimits.indexDepth)
            }
            return try choose(index.content, depth: depth + 1)
        case .manifest(let manifest):
            let configDescriptor = manifest.content.config
            let configBytes = try layout.documentBytes(configDescriptor.digest)
            let config: Document<ImageConfig>
            do throws(OCIError) {
                config = try Document(bytes: configBytes, of: configDescriptor)
                try manifest.content.check(config.content)
            } catch { throw .malformedDocument("the config \(configDescriptor.digest)", layout: layout.path, error) }
            // An entry that tells no platform is for what its config says.
            if isChoice && descriptor.platform == nil && !platform.accepts(config.content.platform) {
                note(config.content.platform)
                return nil
            }
            return LayoutContext.Image(manifest: manifest, config: config)
        }
    }

    /// The best image of an index for the platform.
    mutating func choose(_ index: Index, depth: Int) throws(ContextsError) -> LayoutContext.Image? {
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
