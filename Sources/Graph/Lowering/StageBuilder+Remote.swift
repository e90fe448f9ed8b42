internal import Bytes
internal import Dockerfile
internal import OCI

/// What the flags of ADD say of sources that are elsewhere, as written.
struct RemoteWords {
    var checksum: ByteString?
    /// Whether a downloaded archive is unpacked.
    var unpacks: Bool
    var keepsGitDirectory: Bool?
}

/// A source word of ADD that is elsewhere.
struct RemoteInput {
    var vertex: VertexID
    /// What of its tree is copied.
    var word: ByteString
    var unpacks: Bool
    var takesCommitTime = false
}

extension StageBuilder {
    /// What `--checksum` says; nil where it says nothing.
    func expandChecksum(
        _ word: ByteString,
        of sources: [ByteString],
        _ instruction: Instruction
    ) throws -> ByteString? {
        let text = try expand(word, of: instruction)
        guard !text.isEmpty else { return nil }
        guard let source = sources.first, sources.count == 1 else {
            throw lowering.error(.checksumOfSeveral, at: instruction.range)
        }
        let isRemote = try isHTTP(source) || gitSource(source, instruction) != nil
        guard isRemote else { throw lowering.error(.checksumOfLocal, at: instruction.range) }
        return text
    }

    /// The vertex that a source word stands for; nil if it is a path.
    ///
    /// `source`: the word, expanded. `words`: what the flags say; nil where a word must be a path (COPY).
    func remoteSource(
        _ source: ByteString,
        checksum: ByteString?,
        _ words: RemoteWords?,
        _ instruction: Instruction
    ) throws -> RemoteInput? {
        let git = try gitSource(source, instruction)
        guard git != nil || isHTTP(source) else { return nil }
        guard let words else { throw lowering.error(.remoteCopy(source), at: instruction.range) }
        if let git { return try gitInput(git, checksum, words, instruction) }
        var digest: Digest?
        if let checksum {
            do { digest = try Digest(checksum) } catch {}
            guard digest?.algorithm == .sha256 else {
                throw lowering.error(.malformedChecksum(checksum), at: instruction.range)
            }
        }
        let file: HTTPSource
        do { file = try HTTPSource(RemoteURL(source), checksum: digest) } catch {
            throw lowering.error(.malformedURL(error.reason), at: instruction.range)
        }
        if file.user != nil { warnAboutPassword(file.shown, "HTTP_AUTH_TOKEN_HOST", instruction) }
        let vertex = lowering.remoteVertex(.http(file), name: "download \(file.shown)", instruction)
        return RemoteInput(vertex: vertex, word: file.word, unpacks: words.unpacks)
    }

    private func gitInput(
        _ git: GitSource,
        _ checksum: ByteString?,
        _ words: RemoteWords,
        _ instruction: Instruction
    ) throws -> RemoteInput {
        var git = git
        if let flag = words.keepsGitDirectory, let query = git.keepsGitDirectory, flag != query {
            let texts = [flag, query].map { ByteString($0 ? "true" : "false") }
            throw lowering.error(.contradiction("keep-git-dir", texts[0], texts[1]), at: instruction.range)
        }
        let keepsGitDirectory = git.keepsGitDirectory ?? words.keepsGitDirectory ?? false
        git.keepsGitDirectory = keepsGitDirectory && git.subdirectory.isEmpty
        if let checksum, let query = git.checksum, checksum != query {
            throw lowering.error(.contradiction("the checksum", checksum, query), at: instruction.range)
        }
        git.checksum = git.checksum ?? checksum
        if let checksum = git.checksum {
            let isWhole = !git.fetchesByCommit || GitSource.commit(checksum) != nil
            guard GitSource.isHexadecimal(checksum), isWhole else {
                throw lowering.error(.malformedCommit(checksum), at: instruction.range)
            }
        } else if git.fetchesByCommit, GitSource.commit(git.reference) == nil {
            throw lowering.error(.malformedURL("fetch-by-commit needs a checksum"), at: instruction.range)
        }
        if git.hasPassword { warnAboutPassword(git.shown, "GIT_AUTH_TOKEN", instruction) }
        let name = "clone \(git.shown)\(git.reference.isEmpty ? "" : "#" + git.reference.escaped)"
        let word = git.word
        // One pin for all directories that are taken of it.
        git.subdirectory = ""
        let vertex = lowering.remoteVertex(.git(git), name: name, instruction)
        return RemoteInput(vertex: vertex, word: word, unpacks: false, takesCommitTime: git.usesCommitTime)
    }

    private func isHTTP(_ source: ByteString) -> Bool { source.hasPrefix("http://") || source.hasPrefix("https://") }

    private func gitSource(_ source: ByteString, _ instruction: Instruction) throws -> GitSource? {
        do { return try GitSource(source) } catch {
            throw lowering.error(.malformedURL(error.reason), at: instruction.range)
        }
    }

    private func warnAboutPassword(_ shown: String, _ secret: String, _ instruction: Instruction) {
        let text =
            "the password in the URL of \(shown) stays in the image's history: "
            + "give it as a secret instead, --secret id=\(secret),env=VARIABLE"
        lowering.warnings.append(.init(text: text, range: instruction.range))
    }

    /// A text for people in which the source words stand without who they say is asking.
    static func withoutPasswords(_ text: String, of sources: [ByteString]) -> String {
        var text = text
        for source in sources where RemoteURL.scheme(of: source) != nil {
            guard let range = RemoteURL.userRange(of: source) else { continue }
            let user = ByteString(source.bytes[range]).escaped
            if !user.isEmpty { text = text.replacing("//\(user)@", with: "//…@") }
        }
        return text
    }
}

extension Lowering {
    /// The vertex of a source that is elsewhere; one for each.
    func remoteVertex(_ source: Source, name: String, _ instruction: Instruction) -> VertexID {
        if let known = remoteVertices[source] { return known }
        let vertex = addVertex(.source(source), inputs: [], name: name, range: instruction.range)
        remoteVertices[source] = vertex
        return vertex
    }
}
