package import Bytes
package import Layers
package import Linux
package import OCI
package import Trees

/// An input of a build that cannot be had.
package enum ContextsError: DescribedError, Sendable {
    /// A context's folder is not there, or is no folder.
    case missingContext(ByteString)
    case notADirectory(ByteString)
    /// A file or folder of a context that cannot be read; the path is from the context's root.
    case unreadable(ByteString, SystemError)
    /// A file that was changed each time it was read, or that went away or became something else meanwhile.
    case changedWhileRead(ByteString)
    /// A path from the context's root with more components than `TreePath.depthLimit`.
    case tooDeep(TreePath)
    case malformedIgnoreFile(ByteString, MalformedPattern)
    case unreadableIgnoreFile(ByteString, reason: String)
    /// A file of the stat index's folder could not be written.
    case indexNotWritten(SystemError)

    /// A folder that is no image layout; the reason says what is wrong with it.
    case notALayout(ByteString, reason: String)
    case unknownTag(ByteString, layout: ByteString, known: [ByteString])
    case unknownDigest(Digest, layout: ByteString)
    case severalImages(layout: ByteString, known: [ByteString])
    case noImageFor(Platform, layout: ByteString, known: [Platform])
    case missingBlob(Digest, layout: ByteString)
    case unreadableBlob(Digest, layout: ByteString, SystemError)
    /// A document of a layout that says what it must not; the name is its digest or `index.json`.
    case malformedDocument(String, layout: ByteString, OCIError)
    case nestedTooDeep(layout: ByteString, limit: Int)
    case malformedLayoutReference(ByteString)

    /// A file that is named as an archive of images and is not there, or cannot be read.
    case missingArchive(ByteString)
    case unreadableArchive(ByteString, SystemError)
    /// A tar that holds no images; the reason says what it lacks.
    case notAnImageArchive(ByteString, reason: String)
    /// What is named as an archive is no tar, or one that is refused.
    case malformedArchive(ByteString, LayersError)
    /// A document of an archive names a file that the archive lacks.
    case missingFile(ByteString, archive: ByteString)
    /// A layer of a docker archive whose packing no image can have.
    case unsupportedLayer(ByteString, archive: ByteString)
}

extension ContextsError {
    package var message: String {
        switch self {
        case .missingContext(let path): "\(path.escaped): no such folder"
        case .notADirectory(let path): "\(path.escaped) is not a folder"
        case .unreadable(let path, let error): "/\(path.escaped) in the context cannot be read: \(error.reason)"
        case .changedWhileRead(let path): "/\(path.escaped) in the context changed while it was read"
        case .tooDeep(let path):
            "\(path.shortened) in the context is more than \(TreePath.depthLimit) levels deep"
        case .malformedIgnoreFile(let name, let error): "\(name.escaped): \(error.message)"
        case .unreadableIgnoreFile(let name, let reason): "\(name.escaped) cannot be read: \(reason)"
        case .indexNotWritten(let error): "the record of the context's files could not be written: \(error.message)"
        case .notALayout(let layout, let reason): "\(layout.escaped) is not an OCI image layout: \(reason)"
        case .unknownTag(let tag, let layout, let known):
            "\(layout.escaped) has no image with the tag \(tag.escaped)\(list(known.map(\.escaped)))"
        case .unknownDigest(let digest, let layout): "the index of \(layout.escaped) does not list \(digest)"
        case .severalImages(let layout, let known):
            "\(layout.escaped) has several images and none with the tag latest\(list(known.map(\.escaped)))"
        case .noImageFor(let platform, let layout, let known):
            "\(layout.escaped) has no image for \(platform)\(list(known.map(\.description)))"
        case .missingBlob(let digest, let layout): "\(layout.escaped) lacks the blob \(digest)"
        case .unreadableBlob(let digest, let layout, let error):
            "the blob \(digest) of \(layout.escaped) cannot be read: \(error.reason)"
        case .malformedDocument(let name, let layout, let error): "\(name) of \(layout.escaped): \(error.message)"
        case .nestedTooDeep(let layout, let limit): "\(layout.escaped) has indexes nested deeper than \(limit)"
        case .malformedLayoutReference(let text): "`\(text.escaped)` does not name an image of a layout"
        case .missingArchive(let path): "\(path.escaped): no such file or folder"
        case .unreadableArchive(let path, let error): "\(path.escaped) cannot be read: \(error.reason)"
        case .notAnImageArchive(let path, let reason): "\(path.escaped) is not an archive of images: \(reason)"
        case .malformedArchive(let path, let error): "\(path.escaped): \(error.message)"
        case .missingFile(let name, let archive): "\(archive.escaped) lacks the file \(name.escaped)"
        case .unsupportedLayer(let name, let archive):
            "the layer \(name.escaped) of \(archive.escaped) is packed in a way that images do not have"
        }
    }

    package var remedy: String? {
        switch self {
        case .missingContext, .notADirectory: "check the path; it is relative to the working directory"
        case .unreadable: "let this user read it, or list it in .dockerignore"
        case .changedWhileRead: "build again when nothing writes to it, or list it in .dockerignore"
        case .tooDeep: "list it in .dockerignore, or nest folders less deeply"
        case .malformedIgnoreFile(_, let error): error.remedy
        case .unreadableIgnoreFile: "make it a plain file of at most 16 MiB that this user may read"
        case .indexNotWritten(let error): error.remedy
        case .notALayout:
            "name a folder with oci-layout, index.json and blobs, as `skopeo copy … oci:DIR:TAG` makes one"
        case .unknownTag, .severalImages: "write oci-layout://DIR:TAG or oci-layout://DIR@sha256:…"
        case .unknownDigest: "take the digest of an entry of index.json"
        case .noImageFor: "ask for a platform that is there with --platform"
        case .missingBlob, .unreadableBlob, .malformedDocument: "make the layout again, or copy it whole"
        case .nestedTooDeep: nil
        case .malformedLayoutReference: "write DIR, DIR:TAG or DIR@sha256:…"
        case .missingArchive: "check the path; it is relative to the working directory"
        case .unreadableArchive(_, let error): error.remedy
        case .notAnImageArchive:
            "take an archive that `docker save`, `podman save` or `skopeo copy` made; `import` takes the tar of a root"
        case .malformedArchive(_, let error): error.remedy
        case .missingFile: "make the archive again, or copy it whole"
        case .unsupportedLayer: "unpack the layer, or pack it with gzip or zstd"
        }
    }

    private func list(_ known: [String]) -> String {
        if known.isEmpty { return "" }
        let more = known.count > 8 ? " and \(known.count - 8) more" : ""
        return "; there are " + known.prefix(8).joined(separator: ", ") + more
    }
}

extension ContextsError: CustomStringConvertible {
    package var description: String { message }
}
