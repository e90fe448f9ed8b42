package import Bytes
internal import Glibc
package import Linux
package import Trees

/// The file that says what of a context is left out.
package struct IgnoreFile: Sendable {
    /// The name as it is shown: `.dockerignore`, or `NAME.dockerignore`.
    package let name: ByteString
    package let rules: IgnoreRules

    /// 16 MiB: far above what a person writes.
    static let sizeLimit = 16 << 20

    /// Finds the file: `NAME.dockerignore` beside a Dockerfile called NAME wins over `.dockerignore` in the context.
    ///
    /// - Parameters:
    ///   - context: the context's root.
    ///   - dockerfile: where the Dockerfile is and its name there; nil when it is not a file, and for contexts that are
    ///     given by name.
    /// - Returns: nil when there is neither.
    /// - Throws: `malformedIgnoreFile`, or `unreadableIgnoreFile` for what is there but no plain file within the context.
    package static func find(
        context: Directory,
        dockerfile: (folder: Directory, name: ByteString)? = nil
    ) throws(ContextsError) -> IgnoreFile? {
        if let dockerfile, let file = try read(dockerfile.name + ".dockerignore", in: dockerfile.folder) { return file }
        return try read(".dockerignore", in: context)
    }

    /// A link is followed as long as it stays beneath the folder.
    ///
    /// One that leads nowhere is an error, not an absent file: what it meant to leave out would be copied.
    private static func read(_ name: ByteString, in folder: Directory) throws(ContextsError) -> IgnoreFile? {
        let bytes: [UInt8]?
        do throws(SystemError) {
            guard try folder.statusIfPresent(name) != nil else { return nil }
            let file = try folder.openBeneath(name, flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            bytes = try file.status().kind == .file ? file.readAll(limit: sizeLimit) : nil
        } catch { throw .unreadableIgnoreFile(name, reason: error.reason) }
        guard let bytes else { throw .unreadableIgnoreFile(name, reason: "it is not a plain file") }
        do { return IgnoreFile(name: name, rules: try IgnoreRules(file: bytes)) } catch {
            throw .malformedIgnoreFile(name, error)
        }
    }
}
