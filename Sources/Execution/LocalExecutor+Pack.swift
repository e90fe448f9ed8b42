internal import Bytes
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Sandbox
internal import Solver
internal import Store
internal import Trees

extension LocalExecutor {
    /// COPY and ADD straight into a layer's blob: the files are read once, and no snapshot is written.
    ///
    /// The result is that of ``runFileActions(_:_:)`` in everything: tree, times, digest of the delta, layer.
    ///
    /// - Returns: nil for a copy that cannot be made so.
    func packFileActions(_ actions: [FileAction], _ job: StepJob, _ copies: PackedCopies) async throws -> StepResult? {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            do { return try packFileActions(actions, job, copies) { cancellation.isCancelled } } catch is NotOnPaper {
                return nil
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func packFileActions(
        _ actions: [FileAction],
        _ job: StepJob,
        _ copies: PackedCopies,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> StepResult? {
        let parent = job.inputs.first
        let below: Below =
            if let parent, !job.vertex.operation.isLinked {
                Below(
                    tree: parent.state.tree,
                    source: store.trees,
                    times: try deltas.times(of: parent.deltas)
                )
            } else { .nothing }
        let (started, begun) = (FileTime.fileClock, ContinuousClock.now)
        let writer = try PaperUpper.writer(over: below)
        // Owners are numbers: nothing is looked up in the tree.
        try write(actions, job, writer, OwnerLookup(below: .nothing), isCancelled: isCancelled)
        let paper = try writer.finishOnPaper()
        var listing = paper.listing
        // The root of a linked copy is none: that of the tree it is laid over stays as it is.
        if job.vertex.operation.isLinked { listing.delta.entries.removeAll { $0.path.isRoot } }
        let delta = listing.delta
        let change = try change(delta, of: job, started: started, setsTimes: false)
        let earlier = try store.results.delta(
            operation: job.operationKey,
            digest: change.digest,
            acceptsPacked: true
        )
        if let earlier { return try keep(.earlier(earlier), change, of: job, since: begun) }
        var made = NewDelta(snapshot: nil, isEmpty: delta.isEmpty, digest: change.digest)
        if delta.isEmpty { return try keep(.made(made), change, of: job, since: begun) }
        made.count(delta)
        made.packed = try pack(paper, delta, copies.compression, isCancelled: isCancelled)
        made.listing = try store.content.store(listing.encoded, mediaType: .octetStream).digest
        return try keep(.made(made), change, of: job, since: begun)
    }

    /// A file that changes while it is read is read again, with all the others, once.
    private func pack(
        _ paper: PaperUpper,
        _ delta: Delta,
        _ compression: LayerCompression,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> NewDelta.PackedForm {
        var attempt = 1
        while true {
            let blob = try store.content.ingest()
            let (file, content) = (blob.descriptor, store.content)
            do {
                let layer = try paper.pack(delta, compression: compression) { bytes in
                    if isCancelled() { throw CancellationError() }
                    try content.write(bytes, to: file)
                }
                let descriptor = try blob.commit(hashedAs: layer.digest, size: layer.size, mediaType: layer.mediaType)
                return NewDelta.PackedForm(
                    parameters: compression.keyText.text,
                    layer: Store.PackedLayer(descriptor: descriptor, diffID: layer.diffID)
                )
            } catch let error as LayersError {
                let name: ByteString
                switch error {
                case .changedWhileRead(let path): name = path
                case .sizeChanged(let path, _): name = path.bytes
                default: throw error
                }
                if attempt == 2 { throw ExecutionError.changedWhileRead(name) }
                attempt += 1
            }
        }
    }
}
