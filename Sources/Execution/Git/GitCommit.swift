internal import Bytes
internal import Graph

/// What a repository's reference is pinned to.
struct GitCommit: Sendable, Hashable {
    /// The object that the reference names, a commit or a tag's own object, in lower case.
    var object: ByteString
    /// The commit; equal to `object` where that is none of a tag.
    var commit: ByteString
    /// The full name of the reference, such as `refs/heads/main`; nil for a commit that was named itself.
    var name: ByteString?
}

extension GitProgram {
    /// Finds out what the source's reference is now.
    ///
    /// A full hash is what it is, and nobody is asked.
    /// - Throws: `GitError`, and what running it throws.
    func pin() async throws -> GitCommit {
        if let hash = GitSource.commit(source.reference) {
            return try checked(GitCommit(object: hash, commit: hash, name: nil))
        }
        if source.fetchesByCommit, let hash = source.checksum.flatMap(GitSource.commit) {
            let name = source.reference
            let full = name.isEmpty || name.hasPrefix("refs/") ? name : "refs/heads/" + name
            return GitCommit(object: hash, commit: hash, name: full.isEmpty ? nil : full)
        }
        let found = source.reference.isEmpty ? try await head() : try await named(source.reference)
        return try checked(found)
    }

    private func checked(_ found: GitCommit) throws(GitError) -> GitCommit {
        guard let checksum = source.checksum?.lowercased else { return found }
        let hashes = found.object == found.commit ? [found.object] : [found.object, found.commit]
        guard hashes.contains(where: { $0.hasPrefix(checksum) }) else {
            throw .wrongCommit(repository: source.shown, expected: checksum, found: hashes)
        }
        return found
    }

    private static let asking = "asking what it has"

    /// The default branch.
    private func head() async throws -> GitCommit {
        let answer = try await run(["ls-remote", "--symref", "--", "origin", "HEAD"], GitProgram.asking, names: true)
        var commit: ByteString?
        var name: ByteString?
        for (value, reference) in GitProgram.lines(of: answer) where reference == "HEAD" {
            if value.hasPrefix("ref: ") {
                name = ByteString(value.bytes.dropFirst("ref: ".utf8.count))
            } else {
                commit = GitSource.commit(value)
            }
        }
        guard let commit else { throw GitError.unknownReference(repository: source.shown, "HEAD") }
        return GitCommit(object: commit, commit: commit, name: name)
    }

    /// A branch or a tag; a branch where both have the name, as for `git checkout`.
    private func named(_ name: ByteString) async throws -> GitCommit {
        let patterns = [name, name + "^{}"]
        let answer = try await run(["ls-remote", "--", "origin"] + patterns, GitProgram.asking, names: true)
        var hashes: [ByteString: ByteString] = [:]
        for (value, reference) in GitProgram.lines(of: answer) { hashes[reference] = GitSource.commit(value) }
        func full(_ prefix: ByteString) -> ByteString { name.hasPrefix(prefix) ? name : prefix + name }
        let tag = full("refs/tags/")
        guard let found = [full("refs/"), full("refs/heads/"), tag].first(where: { hashes[$0] != nil }),
            let object = hashes[found]
        else { throw GitError.unknownReference(repository: source.shown, name) }
        return GitCommit(object: object, commit: hashes[found + "^{}"] ?? object, name: found)
    }

    /// The lines of `git ls-remote`: what stands before and after the tab.
    private static func lines(of answer: ByteString) -> [(ByteString, ByteString)] {
        answer.split(separator: 0x0A).compactMap { line in
            let parts = line.split(separator: 0x09)
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }
}
