package import Bytes

/// A git repository, as ADD names it: the files of one commit.
package struct GitSource: Sendable, Hashable {
    /// What `git` is given: a URL or `user@host:path`, without query and fragment; of http and https without the user,
    /// so that no configuration can keep it.
    package var remote: ByteString
    /// The same for people: without a password.
    package var shown: String
    /// A branch, a tag, a full name or a commit; empty for the remote's HEAD.
    package var reference: ByteString = ""
    /// Only what is in this directory; relative and clean, empty for all, as it always is in a graph.
    package var subdirectory: ByteString = ""
    /// What the commit must begin with.
    package var checksum: ByteString?
    /// Whether `.git` stays; never so for a part of the repository.
    package var keepsGitDirectory: Bool?
    /// Nil takes them.
    package var takesSubmodules: Bool?
    /// `mtime=`: files get the commit's time instead of that of the checkout.
    package var usesCommitTime = false
    /// `fetch-by-commit`: the commit that `checksum` names is taken without asking what the reference is.
    package var fetchesByCommit = false
    /// Who the URL says is asking.
    package private(set) var user: RemoteUser?

    /// Whether the URL holds a secret: of http and https the name alone may be a token.
    var hasPassword: Bool {
        user?.password != nil || remote.hasPrefix("http") && (user.map { $0.name != "git" } ?? false)
    }

    /// Whether it is reached by ssh: `ssh://…` or `user@host:path`.
    package var isSecureShell: Bool { RemoteURL.scheme(of: remote).map { $0 == "ssh" } ?? true }

    private init(remote: ByteString, shown: String) {
        self.remote = remote
        self.shown = shown
    }
}

extension GitSource {
    /// Reads a source word as BuildKit does: URLs of git and ssh, http and https ones whose path ends with `.git`, and
    /// `user@host:path`.
    ///
    /// - Returns: nil for everything else.
    /// - Throws: `MalformedURL` for one whose query says what cannot be.
    package init?(_ word: ByteString) throws(MalformedURL) {
        let query: ByteString
        let fragment: ByteString
        if let scheme = RemoteURL.scheme(of: word)?.lowercased {
            guard ["http", "https", "ssh", "git"].contains(scheme), let url = try? RemoteURL(word) else { return nil }
            if scheme.hasPrefix("http"), !url.path.hasSuffix(".git") { return nil }
            let whole = RemoteURL.cut(RemoteURL.cut(word, at: "#").0, at: "?").0
            // The scheme in lower case, as everything that looks at it expects.
            var remote = scheme + ByteString(whole.bytes.dropFirst(scheme.count))
            if scheme.hasPrefix("http") { remote = RemoteURL.withoutUser(remote) }
            self.init(remote: remote, shown: "\(scheme.escaped)://\(url.host.escaped)\(url.encodedPath.escaped)")
            user = url.user
            (query, fragment) = (url.query ?? "", url.fragment ?? "")
        } else if let place = GitSource.secureShell(word) {
            self.init(remote: place.remote, shown: place.remote.escaped)
            (query, fragment) = (place.query, place.fragment)
        } else {
            return nil
        }
        guard !remote.hasPrefix("-") else { throw MalformedURL(reason: "it begins with a hyphen") }
        let (reference, folder) = RemoteURL.cut(fragment, at: ":")
        self.reference = reference
        subdirectory = GitSource.clean(folder ?? "")
        try read(query)
        let texts = [self.reference, subdirectory, checksum ?? ""]
        guard texts.allSatisfy({ text in text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw MalformedURL(reason: "it has a control character")
        }
        guard !self.reference.hasPrefix("-") else { throw MalformedURL(reason: "its reference begins with a hyphen") }
    }

    /// The word by which the files are read from the tree of the whole commit.
    var word: ByteString { LiteralWord.of("/" + subdirectory) }

    /// What `text` is if it is the full hash of a commit, by SHA-1 or SHA-256.
    package static func commit(_ text: ByteString) -> ByteString? {
        guard text.count == 40 || text.count == 64, isHexadecimal(text) else { return nil }
        return text.lowercased
    }

    static func isHexadecimal(_ text: ByteString) -> Bool {
        text.bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    /// `user@host:path?query#fragment`.
    private static func secureShell(
        _ word: ByteString
    ) -> (remote: ByteString, query: ByteString, fragment: ByteString)? {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
        }
        let user = word.bytes.prefix { isWord($0) || $0 == UInt8(ascii: "_") }
        guard !user.isEmpty, word.bytes.dropFirst(user.count).first == UInt8(ascii: "@") else { return nil }
        let rest = word.bytes.dropFirst(user.count + 1)
        let host = rest.prefix { isWord($0) || $0 == UInt8(ascii: ".") }
        guard !host.isEmpty, rest.dropFirst(host.count).first == UInt8(ascii: ":") else { return nil }
        guard !word.bytes.contains(0x0A) else { return nil }
        let (place, fragment) = RemoteURL.cut(word, at: "#")
        let (remote, query) = RemoteURL.cut(place, at: "?")
        return (remote, query ?? "", fragment ?? "")
    }

    /// Relative, without `.` and `..`, which stops at the root.
    private static func clean(_ path: ByteString) -> ByteString {
        var parts: [ByteString] = []
        for part in path.split(separator: UInt8(ascii: "/")) where !part.isEmpty && part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    private mutating func read(_ query: ByteString) throws(MalformedURL) {
        var seen: [ByteString: ByteString] = [:]
        for (name, value) in try RemoteURL.fields(of: query) {
            guard seen.updateValue(value, forKey: name) == nil else {
                throw MalformedURL(reason: "query \"\(name.escaped)\" has multiple values")
            }
        }
        // In an order of its own, so that of several mistakes it is always the same that is told.
        for (name, value) in seen.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
            try read(name, value)
        }
        try setReference(tag: seen["tag"], branch: seen["branch"])
    }

    private mutating func read(_ name: ByteString, _ value: ByteString) throws(MalformedURL) {
        let flags: [ByteString] = ["submodules", "keep-git-dir", "fetch-by-commit"]
        if value.isEmpty, !flags.contains(name) {
            throw MalformedURL(reason: "query \"\(name.escaped)\" has no value")
        }
        switch name {
        case "ref": try set(\.reference, value, "ref")
        case "tag", "branch": break
        // As it is written: where it leads is found beneath the repository's root only.
        case "subdir": try set(\.subdirectory, GitSource.clean(value), "subdir")
        case "checksum", "commit": checksum = value
        case "keep-git-dir": keepsGitDirectory = try truth(value, name)
        case "submodules": takesSubmodules = try truth(value, name)
        case "fetch-by-commit": fetchesByCommit = try truth(value, name)
        case "mtime":
            guard value == "checkout" || value == "commit" else {
                throw MalformedURL(reason: "invalid mtime value: \"\(value.escaped)\" (checkout or commit)")
            }
            usesCommitTime = value == "commit"
        default: throw MalformedURL(reason: "unexpected query \"\(name.escaped)\"")
        }
    }

    private mutating func set(
        _ field: WritableKeyPath<GitSource, ByteString>,
        _ value: ByteString,
        _ name: String
    ) throws(MalformedURL) {
        let known = self[keyPath: field]
        guard known.isEmpty || known == value else {
            throw MalformedURL(reason: "\(name) conflicts: \"\(known.escaped)\" vs \"\(value.escaped)\"")
        }
        self[keyPath: field] = value
    }

    private func truth(_ text: ByteString, _ name: ByteString) throws(MalformedURL) -> Bool {
        switch text {
        case "", "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw MalformedURL(reason: "invalid \(name.escaped) value: \"\(text.escaped)\"")
        }
    }

    private mutating func setReference(tag: ByteString?, branch: ByteString?) throws(MalformedURL) {
        if tag != nil, branch != nil { throw MalformedURL(reason: "branch conflicts with tag") }
        if let tag { try set(\.reference, tag.hasPrefix("refs/tags/") ? tag : "refs/tags/" + tag, "ref") }
        if let branch { try set(\.reference, branch.hasPrefix("refs/heads/") ? branch : "refs/heads/" + branch, "ref") }
    }
}
