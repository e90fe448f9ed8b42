package import Bytes
internal import Glibc
package import Layers
package import Linux
package import OCI

/// An image layout in a folder (OCI image-spec 1.1, "Image Layout") that images are taken from: a base, or the source of
/// a COPY.
///
/// Everything is opened beneath the folder, so no link in it leads out. Documents are checked against their digests as
/// they are read; a layer's blob is checked by whoever reads it.
package struct LayoutContext: ImageBlobs {
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
        if let reason = LayoutContext.versionProblem(bytes) { throw .notALayout(path, reason: reason) }
    }

    /// What is wrong with a layout's version file; nil for one of a version that is known.
    static func versionProblem(_ bytes: [UInt8]) -> String? {
        let version = (try? JSONValue(parsing: bytes))?.object?["imageLayoutVersion"]?.string
        if let version, version.hasPrefix("1.") { return nil }
        let found = version.map { "version \($0.escaped)" } ?? "no version"
        return "its file oci-layout tells \(found), and 1.0.0 is what is known here"
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
    package func resolve(tag: ByteString?, digest: Digest?, platform: Platform) throws(ContextsError) -> ResolvedImage {
        var search = ImageSearch(self, platform: platform)
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
        try blob(descriptor).file
    }

    package func blob(_ digest: Digest) throws(ContextsError) -> BlobRange {
        do throws(SystemError) {
            let file = try root.openBeneath(ImageLayout.path(of: digest), flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard try file.status().kind == .file else { throw SystemError(code: ENOENT, call: "open") }
            return try BlobRange(whole: file)
        } catch {
            throw error.isNotFound ? .missingBlob(digest, layout: path) : .unreadableBlob(digest, layout: path, error)
        }
    }

    /// What index.json lists, without attestations.
    func entries() throws(ContextsError) -> [OCI.Descriptor] {
        let bytes = try file(ImageLayout.indexFile, limit: DocumentLimits.bytes)
        do throws(OCIError) {
            return try Document<Index>(bytes: bytes).content.manifests.filter { !$0.isAttestation }
        } catch { throw .malformedDocument("index.json", layout: path, error) }
    }

    private func taggedEntries(_ tag: ByteString?) throws(ContextsError) -> [OCI.Descriptor] {
        let entries = try entries()
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
