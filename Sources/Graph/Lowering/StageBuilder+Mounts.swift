internal import Bytes
internal import Dockerfile
internal import OCI
internal import Trees

extension StageBuilder {
    /// The mounts of a RUN, and the vertices that they read, which come after the stage's own tree in the step's inputs.
    struct Mounts {
        var mounts: [ProcessMount] = []
        var inputs: [VertexID] = []
        /// How many sockets of agents there are: the default targets are numbered.
        var socketCount = 0
        /// Where the first of them is.
        var firstSocket: ByteString?

        /// The place of a vertex among the step's inputs.
        mutating func place(of vertex: VertexID) -> Int {
            if let known = inputs.firstIndex(of: vertex) { return known + 1 }
            inputs.append(vertex)
            return inputs.count
        }
    }

    func lowerMounts(_ flags: [MountFlag], _ instruction: Instruction) async throws -> Mounts {
        var result = Mounts()
        let expansion = expansion()
        for flag in flags {
            let mount = try lowering.located(instruction) { () throws(DockerfileError) in
                try flag.resolved { word throws(DockerfileError) in
                    let text = try expansion.expandWord(word)
                    lowering.budget.spend(bytes: text.count)
                    return text
                }
            }
            try lowering.checkBudget(at: instruction.range)
            switch mount.type {
            case .bind: result.mounts.append(try await bind(mount, &result, instruction))
            case .cache: result.mounts.append(try await cache(mount, &result, instruction))
            case .tmpfs:
                let size = mount.size > 0 ? UInt64(mount.size) : nil
                let target = try target(mount.target ?? "", instruction)
                result.mounts.append(
                    ProcessMount(.temporary(size: size, isReadOnly: mount.isReadOnly), target: target)
                )
            case .secret: result.mounts.append(try secret(mount, instruction))
            case .ssh: result.mounts.append(try agent(mount, &result, instruction))
            }
        }
        return result
    }

    private func bind(
        _ mount: RunMount,
        _ result: inout Mounts,
        _ instruction: Instruction
    ) async throws -> ProcessMount {
        let input = try await tree(of: mount.from, instruction) ?? lowering.localSource(.buildContext)
        let path = MountedPath(input: result.place(of: input), path: mount.source ?? "/")
        let target = try target(mount.target ?? "", instruction)
        return ProcessMount(.bind(path, isReadOnly: mount.isReadOnly), target: target)
    }

    private func cache(
        _ mount: RunMount,
        _ result: inout Mounts,
        _ instruction: Instruction
    ) async throws -> ProcessMount {
        let written = mount.target ?? ""
        var id = mount.id ?? ""
        if id.isEmpty { id = written.cleanedPath }
        // What BuildKit puts before every id: caches of different namespaces are different ones.
        id = (lowering.request.buildArguments["BUILDKIT_CACHE_MOUNT_NS"] ?? "") + "/" + id
        let sharing: CacheMount.Sharing =
            switch mount.sharing {
            case .private: .private
            case .locked: .locked
            case .shared, nil: .shared
            }
        var cache = CacheMount(id: id, sharing: sharing, isReadOnly: mount.isReadOnly)
        let source = mount.source ?? "/"
        if let seed = try await tree(of: mount.from, instruction) {
            cache.seed = MountedPath(input: result.place(of: seed), path: source)
        } else if !TreePath(parsing: source).isRoot {
            // A part of nothing: told as missing when the step runs, as in BuildKit.
            let nothing = try await tree(of: "scratch", instruction)
            cache.seed = nothing.map { MountedPath(input: result.place(of: $0), path: source) }
        }
        cache.mode = mount.mode.map { UInt16($0 & 0o7777) } ?? cache.mode
        cache.uid = mount.userID ?? 0
        cache.gid = mount.groupID ?? 0
        return ProcessMount(.cache(cache), target: try target(written, instruction))
    }

    private func secret(_ mount: RunMount, _ instruction: Instruction) throws -> ProcessMount {
        func named(_ value: ByteString?) -> ByteString? { value.flatMap { $0.isEmpty ? nil : $0 } }
        let id = named(mount.source) ?? named(mount.id) ?? StageBuilder.lastName(of: mount.target ?? "")
        var secret = SecretMount(id: id, isRequired: mount.isRequired)
        secret.environmentName = mount.environmentName.map { $0.isEmpty ? StageBuilder.lastName(of: id) : $0 }
        secret.mode = mount.mode.map { UInt16($0 & 0o777) } ?? secret.mode
        secret.uid = mount.userID ?? 0
        secret.gid = mount.groupID ?? 0
        var target = named(mount.target)
        // A variable alone is enough, else the secret is a file where programs look for it.
        if target == nil, secret.environmentName == nil { target = "/run/secrets/" + StageBuilder.lastName(of: id) }
        return ProcessMount(.secret(secret), target: try target.map { try self.target($0, instruction) })
    }

    private func agent(
        _ mount: RunMount,
        _ result: inout Mounts,
        _ instruction: Instruction
    ) throws -> ProcessMount {
        var agent = AgentMount(isRequired: mount.isRequired)
        if let id = mount.id, !id.isEmpty { agent.id = id }
        agent.mode = mount.mode.map { UInt16($0 & 0o777) } ?? agent.mode
        agent.uid = mount.userID ?? 0
        agent.gid = mount.groupID ?? 0
        let written = mount.target ?? ""
        let target =
            written.isEmpty
            ? ByteString("/run/buildkit/ssh_agent.\(result.socketCount)") : try target(written, instruction)
        result.socketCount += 1
        result.firstSocket = result.firstSocket ?? target
        return ProcessMount(.agent(agent), target: target)
    }

    private static func lastName(of path: ByteString) -> ByteString {
        path.split(separator: UInt8(ascii: "/")).last { !$0.isEmpty } ?? path
    }

    private func tree(of from: ByteString?, _ instruction: Instruction) async throws -> VertexID? {
        guard let from, !from.isEmpty else { return nil }
        return try await tree(named: from, takesNumbers: false, instruction)
    }

    /// Where a mount goes: relative targets count from WORKDIR, an empty one is WORKDIR itself.
    private func target(_ written: ByteString, _ instruction: Instruction) throws -> ByteString {
        let target = absolutePath(written)
        guard target != "/" else {
            throw lowering.error(.mountOverRoot(written.isEmpty ? "" : target), at: instruction.range)
        }
        return target
    }
}
