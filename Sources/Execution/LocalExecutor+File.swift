internal import Bytes
internal import Graph
internal import Layers
internal import Linux
internal import Sandbox
internal import Solver
internal import Store
internal import Trees

extension LocalExecutor {
    /// COPY, ADD and WORKDIR: written straight into the upper directory of a new snapshot.
    func runFileActions(_ actions: [FileAction], _ job: StepJob) async throws -> StepResult {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try runFileActions(actions, job) { cancellation.isCancelled }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func runFileActions(
        _ actions: [FileAction],
        _ job: StepJob,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> StepResult {
        let below = try below(job)
        let pending = try store.snapshots.begin()
        let (started, begun) = (FileTime.fileClock, ContinuousClock.now)
        let writer = try UpperWriter(upper: pending.fs, below: below)
        // Also of a linked copy: names are those of the image.
        let owners = OwnerLookup(below: try parent(of: job))
        try write(actions, job, writer, owners, isCancelled: isCancelled)
        var delta = try writer.finish()
        // The root of a linked copy is none: that of the tree it is laid over stays as it is.
        if job.vertex.operation.isLinked { delta.entries.removeAll { $0.path.isRoot } }
        return try keep(
            pending,
            delta,
            of: job,
            started: started,
            since: begun,
            setsTimes: false
        )
    }

    func write(
        _ actions: [FileAction],
        _ job: StepJob,
        _ writer: UpperWriter,
        _ owners: OwnerLookup,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        var sources: [Int: CopySource] = [:]
        for (action, selection) in zip(actions, job.selections) {
            try Task.checkCancellation()
            switch action {
            case .makeDirectory(let make):
                let owner = try make.owner.map(owners.owner) ?? (0, 0)
                let copier = TreeCopier(writer: writer, owner: owner, mode: nil, isCancelled: isCancelled)
                try copier.makeDirectories(try writer.resolve(make.path, followsLast: true), mode: 0o755)
            case .copy(let copy):
                var copier = TreeCopier(
                    writer: writer,
                    owner: try copy.owner.map(owners.owner),
                    mode: copy.mode,
                    isCancelled: isCancelled
                )
                switch copy.origin {
                case .inline(let name, let content):
                    try copier.write(content, named: name, to: copy.destination)
                case .input(let index, _):
                    guard let selection else { continue }
                    var source = try sources[index] ?? source(of: job, input: index)
                    sources[index] = source
                    source.trees = selection.source(over: trees)
                    copier.modified = source.modified
                    for item in selection.items {
                        if copy.unpacksArchives, try copier.unpack(item, from: source, to: copy.destination) {
                            continue
                        }
                        try copier.copy(item, from: source, to: copy.destination)
                    }
                }
            }
        }
        for notice in writer.notices { events(.warning(notice.message, job.vertex.range)) }
    }

    /// Where the bytes of an input are read: the folder itself, what was downloaded, or the layers of a stage seen as one.
    func source(of job: StepJob, input index: Int) throws -> CopySource {
        if let folder = inputs.folder(of: job.vertex.inputs[index]) {
            return CopySource(root: folder, trees: trees)
        }
        if let file = inputs.files.file(of: job.vertex.inputs[index]) {
            return try file.source(in: folder, trees, store)
        }
        let lowers = try deltas.lowers(of: job.inputs[index].deltas)
        return CopySource(root: try DetachedMount.chain(lowers: lowers).openDirectory(), trees: trees)
    }
}
