package import Bytes
internal import Glibc
package import Layers
package import Linux
internal import OCI

/// The images that a file or folder holds, whoever made it: an OCI layout as a folder or a tar, or a docker archive of any
/// age, packed or not.
///
/// A plain tar in a file is read where it is; anything else is unpacked once into a file without a name. Nothing is ever
/// unpacked by the names in it. Documents are checked as they are read, layers by whoever reads them.
package struct ImageArchive: Sendable {
    package enum Form: Sendable, Hashable {
        /// An OCI image layout, which may be a docker archive besides, as Docker writes it since version 25.
        case layout
        /// A docker archive with manifest.json.
        case docker
        /// A docker archive as it was before version 1.10: `repositories`, and a folder for each layer.
        case oldDocker
    }

    /// The file or folder as the user named it, for messages.
    package let path: ByteString
    package let form: Form
    /// In the archive's order; entries of one image are one, with the names of all.
    package let images: [ArchivedImage]

    /// Opens what a path of the user's names.
    ///
    /// `spool`: the folder where a packed archive or a pipe is unpacked into a file without a name.
    /// - Throws: `ContextsError`, `LayersError`, `CancellationError`.
    package static func open(
        _ path: ByteString,
        spool: Directory,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws -> ImageArchive {
        let file: Linux.Descriptor
        let isFolder: Bool
        do throws(SystemError) {
            file = try Linux.Descriptor.open(hostPath: path)
            isFolder = try file.status().kind == .directory
        } catch {
            throw error.isNotFound ? ContextsError.missingArchive(path) : .unreadableArchive(path, error)
        }
        if isFolder { return try ImageArchive(LayoutContext(path: path)) }
        return try ImageArchive(file, named: path, spool: spool, limits: limits)
    }

    /// Reads an archive from a file or a pipe.
    ///
    /// `path`: what it is called in messages. `spool`: the folder where a packed archive or a pipe is unpacked into a file
    /// without a name.
    /// - Throws: `ContextsError`: `malformedArchive`, `notAnImageArchive`, or what is wrong with a document in it;
    ///   `CancellationError` when the task that calls is cancelled.
    package init(
        _ file: Linux.Descriptor,
        named path: ByteString,
        spool: Directory,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws {
        do {
            let plain = try PlainFile.open(file, in: spool, limits: limits)
            let index = try TarIndex(plain, limits: limits)
            let reader = ArchiveReader(path: path, tar: index, limits: limits, spool: spool)
            if let version = try reader.bytes(of: ImageLayout.versionFile, limit: 4096) {
                if let reason = LayoutContext.versionProblem(version) {
                    throw ContextsError.notAnImageArchive(path, reason: reason)
                }
                self.init(path: path, form: .layout, images: try LayoutArchive(reader).images())
            } else if let document = try reader.bytes(of: DockerArchive.file) {
                self.init(path: path, form: .docker, images: try DockerArchive(reader).images(document))
            } else if let document = try reader.bytes(of: OldDockerArchive.file) {
                self.init(path: path, form: .oldDocker, images: try OldDockerArchive(reader).images(document))
            } else {
                throw ContextsError.notAnImageArchive(
                    path,
                    reason: "it has neither of the files oci-layout, manifest.json and repositories"
                )
            }
        } catch let error as LayersError { throw ContextsError.malformedArchive(path, error) }
    }

    /// The images of a layout in a folder.
    ///
    /// - Throws: `notALayout` or `malformedDocument`.
    package init(_ layout: LayoutContext) throws(ContextsError) {
        let images = ArchivedImage.list(try layout.entries(), layout)
        self.init(path: layout.path, form: .layout, images: images)
    }

    private init(path: ByteString, form: Form, images: [ArchivedImage]) {
        self.path = path
        self.form = form
        self.images = images
    }
}
