package import Bytes
package import OCI
package import Trees

/// What a simulated RUN works on: a tree that it changes, and the few other things that a process can see.
package struct ToyProcess {
    /// The tree; changes are made to it.
    package var files: FileModel
    /// `NAME=value`, as the process gets them.
    package let environment: [ByteString]
    /// The digest of the whole tree as the step found it.
    package let treeDigest: ContentHash
    /// When a file was last written, as far as the chain of deltas tells.
    package let modified: @Sendable (TreePath) -> FileTime?
    /// A number that no other run gets: what makes a step give something else each time.
    package let unique: UInt64
    /// The time that the step has throughout.
    package let now: FileTime
    /// Files that were written, with their times; what only changed in `files` was written now.
    package var rewritten: [TreePath: FileTime] = [:]
    /// Directories that were removed and made again.
    package var recreated: Set<TreePath> = []

    /// What bind mounts show, by target; a single file has an empty path.
    package let mounts: [ByteString: FileModel]

    /// Contents of files by their hash.
    package var contents: ContentTable

    package mutating func write(_ path: TreePath, _ text: ByteString, at time: FileTime? = nil) {
        contents.keep(text)
        let mode = files.file(at: path)?.attributes.mode ?? 0o644
        files.write(path, .file(text, mode: mode))
        rewritten[path] = time ?? now
    }

    package func text(of path: TreePath) -> ByteString? {
        guard case .file(let hash, _) = files.file(at: path)?.node else { return nil }
        return contents[hash]
    }

    /// What is in a file of a bind mount.
    package func text(of path: TreePath, inMountAt target: ByteString) -> ByteString? {
        guard case .file(let hash, _) = mounts[target]?.file(at: path)?.node else { return nil }
        return contents[hash]
    }
}

/// A step that failed.
package struct ToyFailure: Error, Hashable {
    package let command: ByteString

    package init(command: ByteString) { self.command = command }
}

/// The commands that a simulated RUN understands, separated by `;`.
///
/// Paths are absolute or relative to the root.
package enum ToyShell {
    package static func run(_ script: ByteString, in process: inout ToyProcess) throws {
        for part in script.split(separator: UInt8(ascii: ";")) {
            let words = part.split(separator: UInt8(ascii: " ")).filter { !$0.isEmpty }
            guard let name = words.first else { continue }
            try run(name, Array(words.dropFirst()), in: &process, part)
        }
    }

    private static func run(
        _ name: ByteString,
        _ words: [ByteString],
        in process: inout ToyProcess,
        _ command: ByteString
    ) throws {
        let first = TreePath(parsing: words.first ?? "")
        let second = TreePath(parsing: words.dropFirst().first ?? "")
        let rest = words.dropFirst().joined(separator: " ")
        switch name {
        case "true": break
        case "fail": throw ToyFailure(command: command)
        case "write": process.write(first, rest)
        case "append": process.write(first, (process.text(of: first) ?? "") + rest)
        case "copy": process.write(second, process.text(of: first) ?? "(missing)")
        case "mounted": process.write(second, process.text(of: first, inMountAt: "/m") ?? "(missing)")
        case "rm": process.files.remove(first)
        case "mkdir": process.files.makeDirectory(first, Attributes(mode: 0o755))
        case "recreate":
            process.files.makeDirectory(first, Attributes(mode: 0o755), isOpaque: true)
            process.recreated.insert(first)
        case "ln": try link(second, to: first, in: &process, command)
        case "symlink": process.files.write(second, .symlink(words.first ?? ""))
        case "mv": process.files.rename(first, to: second)
        case "chmod": chmod(second, words.first ?? "", in: &process)
        case "touch":
            let seconds = Int64(rest.text)
            guard let entry = process.files.file(at: first) else {
                return process.write(first, "", at: seconds.map { FileTime(seconds: $0) })
            }
            process.files.write(first, entry)
            process.rewritten[first] = seconds.map { FileTime(seconds: $0) } ?? process.now
        case "digest": process.write(first, ByteString(process.treeDigest.hex))
        case "env":
            let prefix = (words.first ?? "") + "="
            let entry = process.environment.last { $0.hasPrefix(prefix) }
            process.write(second, entry.map { ByteString(Array($0.bytes.dropFirst(prefix.count))) } ?? "(unset)")
        case "modified":
            // Times that a step set are told; that others were written now is all that a build may depend on.
            let time = process.modified(first)
            let isSet = time.map { $0.seconds < ToyShell.firstNow } ?? false
            process.write(second, isSet ? ByteString("\(time?.seconds ?? 0)") : time == nil ? "(missing)" : "now")
        case "random": process.write(first, ByteString("\(process.unique)"))
        default: throw ToyFailure(command: command)
        }
    }

    /// Where the clock of the simulation starts, in seconds; times below are set by `touch` only.
    package static let firstNow: Int64 = 1_000_000

    private static func link(
        _ path: TreePath,
        to existing: TreePath,
        in process: inout ToyProcess,
        _ command: ByteString
    ) throws {
        guard let entry = process.files.file(at: existing) else { throw ToyFailure(command: command) }
        guard !process.files.isBelow(path, existing), path != existing, !process.files.isBelow(existing, path) else {
            return
        }
        let time = process.rewritten[existing] ?? process.modified(existing) ?? process.now
        process.files.write([existing, path], entry)
        process.rewritten[existing] = time
        process.rewritten[path] = time
    }

    private static func chmod(_ path: TreePath, _ mode: ByteString, in process: inout ToyProcess) {
        let mode = UInt16(mode.text, radix: 8) ?? 0o644
        if var entry = process.files.file(at: path) {
            entry.attributes.mode = mode
            process.files.write(path, entry)
            process.rewritten[path] = process.rewritten[path] ?? process.modified(path) ?? process.now
        } else if process.files.isDirectory(path) {
            process.files.makeDirectory(path, Attributes(mode: mode))
        }
    }
}
