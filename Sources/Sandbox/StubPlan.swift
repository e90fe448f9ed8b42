internal import Bytes
internal import Glibc
internal import Linux

/// The stubs that are to be made, found by resolving each target in the image.
struct StubPlan {
    /// What is missing: true for directories.
    private var missing: [[ByteString]: Bool] = [:]

    private static let maximumLinks = 40

    var isNeeded: Bool { !missing.isEmpty }

    mutating func addKernelDirectory(_ name: ByteString, _ lookup: StubLayer.Lookup) throws {
        guard let existing = try lookup([name]) else {
            missing[[name]] = true
            return
        }
        guard existing.kind == .directory else {
            let kind = existing.kind == .symlink ? "a link" : "no directory"
            throw SandboxError.unusableImage(path: "/" + name, reason: "is \(kind): a step needs a directory there")
        }
    }

    /// Resolves the target as the kernel will, and plans what is missing of it.
    mutating func add(_ target: StubLayer.Target, _ lookup: StubLayer.Lookup) throws -> [ByteString] {
        var place: [ByteString] = []
        var pending = Array(target.path.names.reversed())
        var links = 0
        while let name = pending.popLast() {
            if name == ".." {
                _ = place.popLast()
                continue
            }
            let path = place + [name]
            if place.first == "dev" {
                // /dev is made anew for the step, and what is missing there with it.
                place = path
                continue
            }
            if StubPlan.isKernel(path, isLast: pending.isEmpty) { throw refusal(target) }
            let existing = try missing[path].map { StubLayer.Existing(kind: $0 ? .directory : .file) } ?? lookup(path)
            switch existing?.kind {
            case nil:
                missing[path] = !pending.isEmpty || target.isDirectory
                place = path
            case .symlink:
                links += 1
                let text = existing?.linkTarget ?? ""
                guard links <= StubPlan.maximumLinks, !text.isEmpty else {
                    throw SandboxError.mountTarget(target.path.path, reason: "too many levels of links")
                }
                if text.bytes.first == 0x2F { place = [] }
                pending += text.split(separator: 0x2F).filter { !$0.isEmpty && $0 != "." }.reversed()
            case .directory:
                place = path
            default:
                guard pending.isEmpty else {
                    throw SandboxError.mountTarget(
                        target.path.path,
                        reason: "\(MountPath(names: path)) is not a directory"
                    )
                }
                place = path
            }
            if pending.isEmpty { try check(target, isDirectory: existing?.kind == .directory, existing, at: place) }
        }
        guard !place.isEmpty, place != ["dev"] else { throw refusal(target) }
        return place
    }

    private func check(
        _ target: StubLayer.Target,
        isDirectory: Bool,
        _ existing: StubLayer.Existing?,
        at place: [ByteString]
    ) throws {
        guard let existing, existing.kind != .symlink, isDirectory != target.isDirectory else { return }
        let reason = isDirectory ? "is a directory, and a file is to be mounted there" : "is not a directory"
        throw SandboxError.mountTarget(target.path.path, reason: "\(MountPath(names: place)) \(reason)")
    }

    private static func isKernel(_ path: [ByteString], isLast: Bool) -> Bool {
        path.first == "proc" || path.first == "sys" || (path == ["dev"] && isLast)
    }

    private func refusal(_ target: StubLayer.Target) -> SandboxError {
        .mountTarget(target.path.path, reason: "nothing may be mounted on /, /dev, or in /proc and /sys")
    }

    /// Makes the stubs, each in its ancestors as the image has them.
    func make(in directory: Directory, _ lookup: StubLayer.Lookup) throws {
        let all = missing.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        try make(all[...], depth: 0, above: [], in: directory, lookup)
        if let root = try lookup([]) { try mirror(root, on: directory) }
    }

    /// Makes those of `stubs` that lie below `above`; they are sorted, so each child's are together.
    private func make(
        _ stubs: ArraySlice<(key: [ByteString], value: Bool)>,
        depth: Int,
        above: [ByteString],
        in directory: Directory,
        _ lookup: StubLayer.Lookup
    ) throws {
        var rest = stubs
        while let first = rest.first {
            let name = first.key[depth]
            let end = rest.firstIndex { $0.key[depth] != name } ?? rest.endIndex
            var inside = rest[rest.startIndex..<end]
            rest = rest[end...]
            let isMissing = first.key.count == depth + 1
            if isMissing {
                inside = inside.dropFirst()
                guard first.value else {
                    _ = try directory.open(name, flags: O_CREAT | O_EXCL | O_WRONLY, mode: 0o644)
                    continue
                }
            }
            try directory.makeDirectory(name, mode: 0o755)
            let child = try directory.child(name)
            try child.setMode(mode: 0o755)
            let path = above + [name]
            try make(inside, depth: depth + 1, above: path, in: child, lookup)
            if !isMissing, let existing = try lookup(path) { try mirror(existing, on: child) }
        }
    }

    private func mirror(_ existing: StubLayer.Existing, on directory: Directory) throws {
        try directory.setOwner(uid: existing.uid, gid: existing.gid)
        try directory.setMode(mode: existing.mode)
        for xattr in existing.xattrs where !StubPlan.isOverlays(xattr) {
            try directory.setXattr("", xattr)
        }
        if let modified = existing.modified { try directory.setModified("", modified) }
    }

    private static func isOverlays(_ xattr: Xattr) -> Bool {
        xattr.name.hasPrefix("trusted.overlay.") || xattr.name.hasPrefix("user.overlay.")
    }
}
