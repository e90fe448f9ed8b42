internal import Bytes
internal import Glibc
internal import Graph
internal import Linux
internal import Trees

/// Brings the files of one commit into a folder.
struct GitCheckout {
    let git: GitProgram
    let pinned: GitCommit
    /// Where the files go; empty, and of nobody else.
    let files: Directory
    /// Where the repository is while that is not kept; empty.
    let scratch: Directory

    private var source: GitSource { git.source }
    private var keepsGitDirectory: Bool { source.keepsGitDirectory == true }

    /// - Throws: `GitError`, `HelperProcessError`, `SystemError`, `CancellationError`.
    func run() async throws {
        let parent = keepsGitDirectory ? files : scratch
        let format = pinned.object.count == 64 ? "sha256" : "sha1"
        let path = GitCheckout.path(of: parent)
        var place = GitProgram.Place(repository: path + "/.git")
        let arguments: [ByteString] = ["init", "-q", "--template=", "--object-format=" + ByteString(format)]
        _ = try await git.run(arguments, "making a repository", in: place)
        place.files = GitCheckout.path(of: files)
        let repository = try parent.child(".git")
        // Not by a flag of each command: submodules are found relative to it, and have an origin of their own.
        let config = try repository.open("config", flags: O_RDONLY).readAll(limit: 1 << 16)
        try write(config, source.remote, in: repository)
        try await fetch(in: place)
        let object = try await git.run(
            ["rev-parse", "--verify", "-q", pinned.commit + "^{commit}"],
            "looking",
            in: place
        )
        guard let commit = GitSource.commit(object.split(separator: 0x0A).first ?? "") else {
            throw GitError.malformedAnswer(repository: source.shown, doing: "asked for the commit")
        }
        if let checksum = source.checksum?.lowercased, !commit.hasPrefix(checksum), !pinned.object.hasPrefix(checksum) {
            throw GitError.wrongCommit(repository: source.shown, expected: checksum, found: [commit])
        }
        _ = try await git.run(["checkout", "-q", "-f", "--detach", commit], "checking the commit out", in: place)
        if source.takesSubmodules != false, try files.statusIfPresent(".gitmodules") != nil {
            let update: [ByteString] = ["submodule", "-q", "update", "--init", "--recursive", "--depth=1"]
            _ = try await git.run(update, "getting its submodules", in: place)
        }
        var modified: FileTime?
        if source.usesCommitTime {
            let text = try await git.run(["log", "-1", "--format=%ct", commit], "asking for its time", in: place)
            modified = Int64(text.split(separator: 0x0A).first?.text ?? "").map { FileTime(seconds: $0) }
        }
        if keepsGitDirectory { try? repository.removeFile("FETCH_HEAD") }
        try GitFiles(keepsGitDirectory: keepsGitDirectory, modified: modified).settle(files)
    }

    /// A folder's path that holds for as long as it is open, whatever it is called.
    private static func path(of directory: Directory) -> ByteString {
        ByteString("/proc/\(getpid())/fd/\(directory.number)")
    }

    /// Writes a repository's configuration with the URL of its origin.
    private func write(_ config: [UInt8], _ remote: ByteString, in repository: Directory) throws {
        var quoted: [UInt8] = []
        for byte in remote.bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        let section = Array("[remote \"origin\"]\n\turl = \"".utf8) + quoted + Array("\"\n".utf8)
        let file = try repository.open("config", flags: O_WRONLY | O_TRUNC)
        try file.write(config + section)
    }

    // MARK: Fetching

    private func fetch(in place: GitProgram.Place) async throws {
        if let name = pinned.name, !source.fetchesByCommit {
            // What is kept has the reference too; the tag's own object comes by its name only.
            try await fetch("+" + name + ":" + name, in: place)
            if try await has(pinned.object, in: place) { return }
        }
        do {
            try await fetch(pinned.object, in: place)
        } catch is GitError {
            // A server that gives no commits by their hash: all that it has may have it.
            try Task.checkCancellation()
            let all: [ByteString] = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
            _ = try await git.run(["fetch", "-q", "--", "origin"] + all, "fetching it", in: place)
        }
        guard try await has(pinned.object, in: place) else {
            throw GitError.unknownReference(repository: source.shown, pinned.object)
        }
        if let name = pinned.name, keepsGitDirectory {
            _ = try await git.run(["update-ref", name, pinned.object], "naming the commit", in: place)
        }
    }

    private func fetch(_ reference: ByteString, in place: GitProgram.Place) async throws {
        let doing = "fetching it"
        do {
            let shallow: [ByteString] = ["fetch", "-q", "--depth=1", "--no-tags", "-u", "--", "origin", reference]
            _ = try await git.run(shallow, doing, in: place)
        } catch GitError.failed(_, _, let told) where told.contains("shallow") || told.contains("--depth") {
            _ = try await git.run(["fetch", "-q", "--no-tags", "-u", "--", "origin", reference], doing, in: place)
        }
    }

    private func has(_ object: ByteString, in place: GitProgram.Place) async throws -> Bool {
        do {
            _ = try await git.run(["cat-file", "-e", object], "looking", in: place)
            return true
        } catch is GitError {
            try Task.checkCancellation()
            return false
        }
    }
}
