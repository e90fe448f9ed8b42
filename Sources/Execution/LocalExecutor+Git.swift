internal import Bytes
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Solver
internal import Store
internal import Trees

extension LocalExecutor {
    /// Pins a repository's reference to a commit, and opens the files of that, which are checked out once.
    ///
    /// `reads`: the words by which steps read directories of it.
    func open(_ source: GitSource, for vertex: VertexID, reading reads: [TreeRead]) async throws -> OpenedSource {
        let agent = source.isSecureShell ? try agents.socket(of: "default") : nil
        let git = try GitProgram(source, options.environment, secrets, agent: agent)
        let start = ContinuousClock.now
        let asks = GitSource.commit(source.reference) == nil && !source.fetchesByCommit
        if asks { events(.started(vertex)) }
        let pinned = try await git.pin()
        let key = source.key(pinned)
        var result = try store.results.result(contentKey: key)
        if result == nil {
            if !asks { events(.started(vertex)) }
            // Another process may be at the same commit: its result is waited for.
            let lock = try await store.waitForStep(key)
            defer { withExtendedLifetime(lock) {} }
            result = try store.results.result(contentKey: key)
            if result == nil { result = try await checkOut(git, pinned, key, start) }
            events(.finished(vertex, nanoseconds: (.now - start).nanoseconds))
        } else if asks {
            events(.finished(vertex, nanoseconds: (.now - start).nanoseconds))
        }
        guard let result else { preconditionFailure("what was not there was made") }
        for read in reads { try check(read, of: source, in: result.output) }
        let state = StepState(tree: result.output, times: StepState.empty.times)
        return OpenedSource(state: state, deltas: [deltas.note(result.delta)])
    }

    /// What is read is to be a directory, and no link may lead to it.
    private func check(_ read: TreeRead, of source: GitSource, in tree: Tree) throws {
        guard case .word(let word, _) = read else { return }
        let items = (try? read.selection(in: tree, from: trees).items) ?? []
        let isDirectory = items.count == 1 && items[0].entry.isDirectory
        guard isDirectory, PathPattern.hasWildcard(word) || items[0].path == TreePath(parsing: word) else {
            throw GitError.noDirectory(repository: source.shown, word)
        }
    }

    private func checkOut(
        _ git: GitProgram,
        _ pinned: GitCommit,
        _ key: ContentHash,
        _ start: ContinuousClock.Instant
    ) async throws -> StoredResult {
        try store.checkReserve()
        let pending = try store.snapshots.begin()
        let scratch = try folder.makeRepositoryDirectory()
        try await GitCheckout(git: git, pinned: pinned, files: pending.fs, scratch: scratch).run()
        try Below.prepareRoot(of: pending.fs, like: .nothing)
        let scan = try UpperScan(upper: pending.fs, below: .nothing).run()
        let editor = try TreeEditor(.empty, source: store.trees)
        try editor.apply(scan.delta)
        let tree = try editor.commit(into: store.trees)
        let never = FileTime(seconds: .max)
        let isEmpty = scan.delta.isEmpty
        var made = NewDelta(
            snapshot: isEmpty ? nil : try pending.commit(meta: scan.delta.encoded),
            isEmpty: isEmpty,
            digest: scan.delta.digest(from: never, to: never)
        )
        made.count(scan.delta)
        var row = NewResult(
            definitionKey: nil,
            contentKey: key,
            operation: key,
            delta: .made(made),
            inputTree: Tree.empty.digest,
            inputTimes: StepState.empty.times,
            output: tree,
            outputTimes: StepState.empty.times,
            created: .now
        )
        row.description = ByteString("clone \(git.source.shown) " + pinned.commit.text)
        row.costNanoseconds = Int64(clamping: (.now - start).nanoseconds)
        return try store.results.put(row)
    }
}

extension GitSource {
    /// All that a checkout depends on; where the commit was fetched from is part of it, so that nobody gets by its hash
    /// what only others may read.
    fileprivate func key(_ pinned: GitCommit) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "git.checkout.1")
        encoder.append(remote)
        encoder.append(pinned.commit)
        encoder.append(takesSubmodules != false)
        encoder.append(usesCommitTime)
        let keepsGitDirectory = keepsGitDirectory == true
        encoder.append(keepsGitDirectory)
        encoder.append(keepsGitDirectory ? pinned.object : nil)
        encoder.append(keepsGitDirectory ? pinned.name : nil)
        return encoder.hash
    }
}
