internal import Bytes
internal import Glibc
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Sandbox
internal import Solver
internal import Store
internal import Trees

extension LocalExecutor {
    /// RUN: a process over the parent's layers, its changes in a new snapshot.
    func runProcess(_ step: ProcessStep, _ job: StepJob) async throws -> StepResult {
        let below = try below(job)
        let pending = try store.snapshots.begin()
        let (started, begun) = (FileTime.fileClock, ContinuousClock.now)
        try await runProcess(step, job, below, upper: pending.fs, work: pending.work)
        let scan = try UpperScan(upper: pending.fs, below: below).run()
        for notice in scan.notices { events(.warning(notice.message, job.vertex.range)) }
        return try keep(
            pending,
            scan.delta,
            of: job,
            started: started,
            since: begun,
            setsTimes: true
        )
    }

    private func runProcess(
        _ step: ProcessStep,
        _ job: StepJob,
        _ below: Below,
        upper: Directory,
        work: Directory
    ) async throws {
        try Below.prepareRoot(of: upper, like: below)
        let inlineTargets = step.inlineFiles.map { StubLayer.Target(MountPath($0.directory), isDirectory: true) }
        let prepared = try MountSet(of: step, job, self)
        defer { withExtendedLifetime(prepared) {} }
        let stubs = try folder.makeStubDirectory()
        let targets = StepFiles.targets + inlineTargets + prepared.targets
        let layer = try StubLayer(targets: targets, in: stubs) { try existing(TreePath($0), in: below) }
        let lowers = (layer.isNeeded ? [stubs] : []) + below.lowers
        guard lowers.count <= DetachedMount.maximumLowers else {
            throw ExecutionError.tooManyLayers(below.lowers.count)
        }
        let security: SecurityMode = step.security == .insecure ? .insecure : .sandbox
        let root = try DetachedMount.overlay(
            lowers: lowers.isEmpty ? [stubs] : lowers,
            upper: upper,
            work: work,
            security: security
        )
        var user = try UserLookup(root: try root.openDirectory()).identity(for: step.user)
        user.supplementaryGroups += step.devices.flatMap(\.groups)
        var places = layer.resolved[...]
        let files = try folder.stepFiles(hostname: step.hostname, extraHosts: step.extraHosts)
        var mounts = try files.mounts(at: Array(places.prefix(StepFiles.targets.count)))
        places = places.dropFirst(StepFiles.targets.count)
        for file in step.inlineFiles {
            guard let place = places.popFirst() else { break }
            mounts.append(StepMount(target: place, mount: try inlineMount(file), isDirectory: true))
        }
        mounts += prepared.mounts(at: places)
        var process = ProcessSpec(
            arguments: step.arguments,
            environment: prepared.adding(to: environment(of: step, user)),
            workingDirectory: step.workingDirectory,
            user: user
        )
        process.hostname = step.hostname
        process.makesWorkingDirectory = true
        let open = OpenFileLimit.original
        process.limits = [ResourceLimit(resource: OpenFileLimit.resource, soft: open.soft, hard: open.hard)]
        let network: NetworkMode = step.network == .none ? .none : .host
        let whole = Step(root: root, process: process, mounts: mounts, network: network, security: security)
        try await start(whole, job)
    }

    /// Runs the step on this thread, which may block; a cancelled task ends the step's whole process tree.
    private func start(_ step: Step, _ job: StepJob) async throws {
        let cancellation = Cancellation()
        let killsBefore = outOfMemoryKills
        let events = events
        let id = job.vertex.id
        var tail = OutputTail()
        let status: ExitStatus
        do {
            status = try await withTaskCancellationHandler {
                try Isolation.namespaces.run(step, cancellation: cancellation) { stream, bytes in
                    tail.append(bytes)
                    events(.output(id, stream == .standardOutput ? .standardOutput : .standardError, Array(bytes)))
                }
            } onCancel: {
                cancellation.cancel()
            }
        } catch SandboxError.cancelled {
            throw CancellationError()
        }
        let command = step.process.arguments.joined(separator: " ")
        guard status.isSuccess else {
            let isOutOfMemory = status.isKill && (OutOfMemory.killCount ?? 0) > killsBefore
            throw ExecutionError.processFailed(
                command: command,
                status: status,
                outputTail: tail.lines,
                isOutOfMemory: isOutOfMemory
            )
        }
    }

    private func environment(of step: ProcessStep, _ user: UserIdentity) -> [ByteString] {
        var environment = step.wholeEnvironment
        if environment["HOME"] == nil { environment["HOME"] = user.home }
        for entry in step.devices.flatMap(\.environment) { environment.set(entry) }
        return environment.entries
    }

    private func inlineMount(_ file: ProcessStep.InlineFile) throws -> DetachedMount {
        let mount = try DetachedMount.tmpfs(mode: 0o755)
        try write(file, in: try mount.openDirectory())
        try mount.makeReadOnly()
        return mount
    }

    /// In a function of its own: the file must be closed before its mount can become read-only.
    private func write(_ file: ProcessStep.InlineFile, in directory: Directory) throws {
        let descriptor = try directory.open(file.name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: file.mode)
        try descriptor.write(file.content.bytes)
        try directory.setMode(file.name, mode: file.mode)
    }

    /// What the image has at a path, as the stubs need it.
    private func existing(_ path: TreePath, in below: Below) throws -> StubLayer.Existing? {
        guard let entry = try below.source.entry(at: path, in: below.tree) else { return nil }
        let target: ByteString = if case .symlink(let text) = entry.node { text } else { "" }
        return StubLayer.Existing(
            kind: entry.kind,
            mode: entry.attributes.mode,
            uid: entry.attributes.uid,
            gid: entry.attributes.gid,
            xattrs: entry.attributes.xattrs,
            modified: entry.isDirectory ? below.modified(path) : nil,
            linkTarget: target
        )
    }
}

extension ExitStatus {
    /// Whether the process was killed, or is a shell that tells so of what it ran.
    fileprivate var isKill: Bool {
        switch self {
        case .signalled(let number): number == SIGKILL
        case .exited(let code): code == 128 + SIGKILL
        }
    }
}
