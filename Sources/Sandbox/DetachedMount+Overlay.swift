internal import Bytes
internal import CLinux
internal import Glibc
package import Linux
internal import Synchronization

extension DetachedMount {
    /// The most lower layers that one overlay of the kernel takes.
    package static let maximumLowers = 500

    /// The root of a step: layers, one over the other, with a directory that takes all changes.
    ///
    /// Volatile: what is written is not synced, the store decides about that. Links that an image plants for overlay
    /// itself (redirects, metacopy) are dead. Devices are forbidden in a sandbox, setuid is not: sudo must work.
    ///
    /// - Parameters:
    ///   - lowers: the topmost first, at least one; a layer of stubs comes before all.
    ///   - upper: takes the changes; its own mode, owner and times are those of `/`.
    ///   - work: empty, on the file system of `upper`.
    ///   - security: whether device nodes in it work.
    /// - Returns: the mount, for one run.
    /// - Throws: `SandboxError.system`, with the kernel's own words where it has some.
    package static func overlay(
        lowers: [Directory],
        upper: Directory,
        work: Directory,
        security: SecurityMode = .sandbox
    ) throws(SandboxError) -> DetachedMount {
        try doing("mounting the root file system") { () throws(SystemError) in
            let context = try overlayContext(lowers: lowers)
            try set("upperdir", upper, in: context)
            try set("workdir", work, in: context)
            try context.setFlag("volatile")
            return try context.mount(security == .insecure ? [] : [.noDevices])
        }
    }

    /// A chain of layers as one tree that cannot be changed.
    ///
    /// - Parameter lowers: the topmost first; none gives an empty tree, one a read-only view of that directory.
    /// - Returns: a read-only mount.
    /// - Throws: `SandboxError.system`.
    package static func chain(lowers: [Directory]) throws(SandboxError) -> DetachedMount {
        let attributes: Attributes = [.readOnly, .noDevices]
        guard let first = lowers.first else { return try tmpfs(size: 4096, mode: 0o755, attributes: attributes) }
        guard lowers.count > 1 else { return try bind(first.descriptor, attributes: attributes) }
        return try doing("mounting a chain of layers") { () throws(SystemError) in
            try overlayContext(lowers: lowers).mount(attributes)
        }
    }

    private static func overlayContext(lowers: [Directory]) throws(SystemError) -> FileSystemContext {
        guard !lowers.isEmpty, lowers.count <= maximumLowers else {
            throw SystemError(code: E2BIG, call: "overlay takes 1 to \(maximumLowers) layers, not \(lowers.count)")
        }
        let context = try FileSystemContext("overlay")
        for lower in lowers { try set("lowerdir+", lower, in: context) }
        try context.set("index", "off")
        try context.set("metacopy", "off")
        try context.set("redirect_dir", "nofollow")
        try context.set("xino", "off")
        return context
    }

    /// Names a directory to overlay: by descriptor from Linux 6.13 on, before that through /proc/self/fd.
    private static func set(
        _ key: ByteString,
        _ directory: Directory,
        in context: FileSystemContext
    ) throws(SystemError) {
        if takesDescriptors.load(ordering: .relaxed) {
            do throws(SystemError) {
                return try context.set(key, directory.descriptor)
            } catch {
                guard error.code == EINVAL || error.code == EBADF else { throw error }
            }
        }
        try context.set(key, ByteString("/proc/self/fd/\(directory.number)"))
        takesDescriptors.store(false, ordering: .relaxed)
    }

    /// False once this kernel was seen to refuse a layer by descriptor and to take it by path.
    static let takesDescriptors = Atomic(true)
}
