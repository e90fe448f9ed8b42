internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// One build as the command runs it, with the small files afterwards.
struct BuildSession {
    private let plan: BuildPlan

    init(_ plan: BuildPlan) { self.plan = plan }

    /// Builds.
    ///
    /// - Throws: `ReportedFailure` for a build that failed, a `DescribedError` for what was not its fault.
    func run(environment: [ByteString: ByteString]) async throws {
        let work = ReportedWork(
            title: "Building",
            lead: "failed to build: ",
            progress: plan.progress,
            options: plan.options
        )
        let request = plan.request
        let result = try await work.run(in: environment, prepare: { plan.imageIDFile?.removeStale() }) {
            engine,
            report in
            try await engine.build(request) { report.take($0) }
        }
        try publish(result)
    }

    /// The id goes where it was asked for, and to standard output where nothing else tells of the image.
    private func publish(_ result: BuildResult) throws {
        let metadata = MetadataDocument(
            manifest: result.manifest,
            configDigest: result.configDigest,
            names: result.names.isEmpty ? exportedNames : result.names,
            warnings: result.warningRecords
        )
        try plan.metadataFile?.write(metadata.bytes)
        guard let identifier = result.configDigest?.description else { return }
        try plan.imageIDFile?.write(Array(identifier.utf8))
        let outputs = plan.request.outputs
        let isTaken = outputs.contains(where: \.goesToStandardOutput)
        if !isTaken, plan.progress == .quiet || outputs.isEmpty || outputs.contains(where: \.isStored) {
            try StandardOutput.writeResult(identifier + "\n")
        }
    }

    /// The names that stand in the exported files.
    private var exportedNames: [Reference] {
        let named = plan.request.outputs.compactMap { output -> [Reference]? in
            switch output {
            case .layout(let layout): layout.names
            case .image(let image): image.names
            case .folder, .tar, .cacheOnly: nil
            }
        }
        return named.isEmpty ? [] : plan.request.names + named.flatMap(\.self)
    }
}
