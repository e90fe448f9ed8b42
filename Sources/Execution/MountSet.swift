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

/// The mounts that a RUN asks for, made and not yet attached, with all that they need until the step has ended.
final class MountSet {
    private struct Made {
        var target: MountPath
        var mount: DetachedMount
        var isDirectory: Bool
    }

    /// What is written to by a bind mount, thrown away with this.
    private final class ThrowAway {
        let snapshot: PendingSnapshot

        init(_ snapshot: consuming PendingSnapshot) { self.snapshot = snapshot }
    }

    /// A cache in use by the step.
    private final class Cache {
        let folder: CacheMountFolder

        init(_ folder: consuming CacheMountFolder) { self.folder = folder }
    }

    let executor: LocalExecutor
    private let job: StepJob
    private var made: [Made] = []
    private var held: [AnyObject] = []
    private var caches: [ByteString: Cache] = [:]
    private var secretEnvironment: [(name: ByteString, value: ByteString)] = []
    private var doors: [AgentRelay.Door] = []

    /// Makes the mounts; waits for caches that others have.
    init(of step: ProcessStep, _ job: StepJob, _ executor: LocalExecutor) throws {
        self.executor = executor
        self.job = job
        for device in step.devices { try show(device) }
        guard !step.mounts.isEmpty else { return }
        try takeCaches(of: step)
        for (index, mount) in step.mounts.enumerated() {
            try add(mount, job.selections[index])
        }
        if !doors.isEmpty { held.append(try AgentRelay(doors)) }
    }

    /// Where the mounts go, for the stubs.
    var targets: [StubLayer.Target] { made.map { StubLayer.Target($0.target, isDirectory: $0.isDirectory) } }

    /// The mounts, given where their targets really are.
    func mounts(at places: ArraySlice<MountPath>) -> [StepMount] {
        zip(made, places).map { StepMount(target: $1, mount: $0.mount, isDirectory: $0.isDirectory) }
    }

    /// An environment with the secrets that are variables.
    func adding(to environment: [ByteString]) -> [ByteString] {
        var result = environment
        for (name, value) in secretEnvironment {
            result.removeAll { $0.hasPrefix(name + "=") }
            result.append(name + "=" + value)
        }
        return result
    }

    private func add(_ mount: ProcessMount, _ selection: Selection?) throws {
        switch mount.kind {
        case .bind(let source, let isReadOnly):
            guard let selection, let item = selection.items.first else { return }
            let bound = try bind(item, in: source.input, selection, isReadOnly: isReadOnly)
            add(bound, at: mount, isDirectory: item.entry.isDirectory)
        case .temporary(let size, let isReadOnly):
            let temporary = try DetachedMount.tmpfs(size: size)
            if isReadOnly { try temporary.makeReadOnly() }
            add(temporary, at: mount, isDirectory: true)
        case .cache(let cache):
            guard let held = caches[MountSet.identity(of: cache, selection)] else { return }
            let attributes: DetachedMount.Attributes = cache.isReadOnly ? [.readOnly, .noDevices] : [.noDevices]
            let bound = try DetachedMount.bind(held.folder.directory.descriptor, attributes: attributes)
            add(bound, at: mount, isDirectory: true)
        case .secret(let secret): try add(secret, at: mount)
        case .agent(let agent):
            guard let opened = try open(agent) else { return }
            doors.append(opened.door)
            add(opened.socket, at: mount, isDirectory: false)
        }
    }

    private func add(_ detached: DetachedMount, at mount: ProcessMount, isDirectory: Bool) {
        if let target = mount.target { add(detached, at: target, isDirectory: isDirectory) }
    }

    func add(_ detached: DetachedMount, at target: ByteString, isDirectory: Bool) {
        made.append(Made(target: MountPath(target), mount: detached, isDirectory: isDirectory))
    }

    // MARK: Binds

    /// A directory or file in a tree that can be mounted.
    private struct Source {
        var tree: Tree
        var lowers: [Directory]
        var path: TreePath
    }

    private func bind(
        _ item: Selection.Item,
        in input: Int,
        _ selection: Selection,
        isReadOnly: Bool
    ) throws -> DetachedMount {
        do {
            return try show(try source(of: item, in: input, selection), isReadOnly: isReadOnly)
        } catch ExecutionError.partsNotMountable {
            // An older kernel: a copy in a directory that can be mounted.
            let copy = ThrowAway(try executor.store.snapshots.begin())
            held.append(copy)
            let directory = copy.snapshot.fs
            try write(item, of: try executor.source(of: job, input: input), into: directory)
            let attributes: DetachedMount.Attributes = isReadOnly ? [.readOnly, .noDevices] : [.noDevices]
            if item.entry.isDirectory { return try DetachedMount.bind(directory.descriptor, attributes: attributes) }
            return try DetachedMount.bind(
                path: MountSet.fileName,
                beneath: directory,
                attributes: attributes
            ).mount
        }
    }

    /// Where an entry of an input is mounted from.
    ///
    /// Of a local folder a step sees what is in its tree and nothing else, neither what `.dockerignore` leaves out nor
    /// what is changed meanwhile: a copy.
    private func source(of item: Selection.Item, in input: Int, _ selection: Selection) throws -> Source {
        guard executor.inputs.folder(of: job.vertex.inputs[input]) != nil else {
            let outcome = job.inputs[input]
            let lowers = try executor.deltas.lowers(of: outcome.deltas)
            return Source(tree: outcome.state.tree, lowers: lowers, path: item.path)
        }
        let copy = try executor.folder.copy(selection.digest) { directory in
            try write(item, of: try executor.source(of: job, input: input), into: directory)
        }
        guard case .directory(let hash) = item.entry.node else {
            return Source(tree: .empty, lowers: [copy], path: TreePath([MountSet.fileName]))
        }
        let tree = Tree(rootAttributes: item.entry.attributes, rootObject: hash)
        return Source(tree: tree, lowers: [copy], path: .root)
    }

    /// The name of a file that is mounted, in the directory that was made for it.
    private static let fileName: ByteString = "file"

    /// Makes a directory into an entry as it is, with owners and times; what is no directory goes into it.
    private func write(_ item: Selection.Item, of source: CopySource, into directory: Directory) throws {
        let writer = try UpperWriter(upper: directory, below: .nothing)
        let copier = TreeCopier(writer: writer, owner: nil, mode: nil)
        if item.entry.isDirectory {
            try writer.directory(.root, item.entry.attributes)
            try copier.copy(item, from: source, to: "/")
        } else {
            try copier.copy(item, from: source, to: "/" + MountSet.fileName)
        }
        for notice in writer.notices { executor.events(.warning(notice.message, job.vertex.range)) }
        _ = try writer.finish()
    }

    private func show(_ source: Source, isReadOnly: Bool) throws -> DetachedMount {
        let root: DetachedMount
        if isReadOnly {
            root = try executor.view(source.tree, lowers: source.lowers)
        } else {
            let snapshot = ThrowAway(try executor.store.snapshots.begin())
            held.append(snapshot)
            let (upper, work) = (snapshot.snapshot.fs, snapshot.snapshot.work)
            let below = Below(tree: source.tree, source: executor.trees, lowers: source.lowers)
            try Below.prepareRoot(of: upper, like: below)
            guard source.lowers.count < DetachedMount.maximumLowers else {
                throw ExecutionError.tooManyLayers(source.lowers.count)
            }
            root =
                source.lowers.isEmpty
                ? try DetachedMount.bind(upper.descriptor)
                : try DetachedMount.overlay(lowers: source.lowers, upper: upper, work: work)
        }
        if source.path.isRoot { return root }
        let attributes: DetachedMount.Attributes = isReadOnly ? [.readOnly, .noDevices] : [.noDevices]
        return try part(at: source.path, of: root, attributes)
    }

    /// A part of a mount that is attached nowhere, as a mount of its own.
    private func part(
        at path: TreePath,
        of root: DetachedMount,
        _ attributes: DetachedMount.Attributes
    ) throws -> DetachedMount {
        defer { withExtendedLifetime(root) {} }
        let parent = try CopySource(root: try root.openDirectory(), trees: executor.trees).directory(path.parent)
        do throws(SandboxError) {
            return try DetachedMount.bind(path: path.last ?? "", beneath: parent, attributes: attributes).mount
        } catch {
            guard case .system(let failure, _) = error, failure.code == EINVAL else { throw error }
            throw ExecutionError.partsNotMountable("/" + path.bytes)
        }
    }

    // MARK: Caches

    /// Takes all caches of the step before anything else, in one order for all steps, so that none waits in a circle.
    private func takeCaches(of step: ProcessStep) throws {
        var wanted: [ByteString: (cache: CacheMount, selection: Selection?)] = [:]
        for (mount, selection) in zip(step.mounts, job.selections) {
            guard case .cache(let cache) = mount.kind else { continue }
            let identity = MountSet.identity(of: cache, selection)
            // Of several mounts of one cache in a step the strictest decides for all.
            if let known = wanted[identity], known.cache.sharing.rawValue >= cache.sharing.rawValue { continue }
            wanted[identity] = (cache, selection)
        }
        for (identity, (cache, selection)) in wanted.sorted(by: { $0.key < $1.key }) {
            let sharing: CacheMountFolder.Sharing =
                switch cache.sharing {
                case .shared: .shared
                case .private: .private
                case .locked: .locked
                }
            let folder = try executor.store.cacheMount(
                id: identity,
                sharing: sharing,
                fill: { try fill($0, of: cache, selection) }
            )
            caches[identity] = Cache(folder)
        }
    }

    /// What tells caches apart: the id, and what a new one begins with, so that no step finds what another seed or
    /// another owner's options have left.
    private static func identity(of cache: CacheMount, _ selection: Selection?) -> ByteString {
        var encoder = CanonicalEncoder(domain: "cache.mount.1")
        encoder.append(cache.id)
        encoder.append(cache.seed != nil)
        if let selection {
            encoder.append(selection.digest)
        } else {
            encoder.append(UInt64(cache.mode))
            encoder.append(UInt64(cache.uid))
            encoder.append(UInt64(cache.gid))
        }
        return ByteString(encoder.bytes)
    }

    private func fill(_ directory: Directory, of cache: CacheMount, _ selection: Selection?) throws {
        guard let seed = cache.seed, let item = selection?.items.first else {
            try directory.setOwner(uid: cache.uid, gid: cache.gid)
            return try directory.setMode(mode: cache.mode)
        }
        guard item.entry.isDirectory else { throw ExecutionError.seedIsNoDirectory(seed.path) }
        try write(item, of: try executor.source(of: job, input: seed.input), into: directory)
    }

    // MARK: Secrets

    private func add(_ secret: SecretMount, at mount: ProcessMount) throws {
        guard let value = executor.secrets[secret.id] else {
            if secret.isRequired { throw ExecutionError.missingSecret(secret.id) }
            return
        }
        if let name = secret.environmentName { secretEnvironment.append((name, ByteString(value))) }
        guard mount.target != nil else { return }
        // In memory that is never swapped; nothing of it is on a disk.
        let memory = try DetachedMount.tmpfs(size: UInt64(value.count) + 65_536, mode: 0o700, isNeverSwapped: true)
        try write(value, of: secret, into: try memory.openDirectory())
        try memory.makeReadOnly()
        var attributes: DetachedMount.Attributes = [.readOnly, .noDevices, .noSetuid]
        if secret.mode & 0o111 == 0 { attributes.insert(.noExecution) }
        do {
            let file = try part(at: TreePath([MountSet.fileName]), of: memory, attributes)
            add(file, at: mount, isDirectory: false)
        } catch ExecutionError.partsNotMountable {
            throw ExecutionError.partsNotMountable("secret " + secret.id)
        }
    }

    /// In a function of its own: the file must be closed before its mount can become read-only.
    private func write(_ value: [UInt8], of secret: SecretMount, into directory: Directory) throws {
        let name = MountSet.fileName
        let file = try directory.open(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try file.write(value)
        try directory.setOwner(name, uid: secret.uid, gid: secret.gid)
        try directory.setMode(name, mode: secret.mode)
    }
}
