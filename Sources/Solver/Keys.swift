internal import Bytes
package import Graph
package import OCI
package import Trees

/// The two keys of a step (Docs/Keys.md gives every field).
///
/// Keys hold all and only what a step's result depends on.
package enum Keys {
    /// The version of all keys: changing what goes in, or how, means changing this.
    static let version = "2"

    /// What the step does, whatever it works on.
    package static func operation(_ operation: Operation) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "operation." + version)
        switch operation {
        case .source(let source):
            encoder.append("source")
            encode(source, into: &encoder)
        case .file(let actions):
            encoder.append("file")
            encoder.append(UInt64(actions.count))
            for action in actions { encode(action, into: &encoder) }
        case .run(let step):
            // Words of their own, and no fields in every step's key: what most steps lack changes none of their keys.
            let word: ByteString = step.security == .insecure ? "insecure run" : "run"
            encoder.append(step.devices.isEmpty ? word : word + " with devices")
            encode(step, into: &encoder)
        }
        // Ownership is kept as it is: the only model so far (`cache.md` rule 13).
        encoder.append("owners: identity")
        return encoder.hash
    }

    /// Known as soon as the sources are pinned: the operation, and how its inputs are defined.
    package static func definition(
        operation: ContentHash,
        inputs: [Outcome],
        selections: [Selection?],
        selectedInputs: Set<Int>
    ) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "definition." + version)
        encoder.append(operation)
        encoder.append(UInt64(inputs.count))
        for (index, input) in inputs.enumerated() {
            // Of a local folder the definition is what is selected: the rest of it may change freely. So of what comes
            // from elsewhere, whatever its name is, and of what is below a linked copy.
            let isSelected = selectedInputs.contains(index)
            encoder.append(isSelected)
            if !isSelected { encoder.append(input.definitionKey) }
        }
        encode(selections, into: &encoder)
        return encoder.hash
    }

    private static func encode(_ selections: [Selection?], into encoder: inout CanonicalEncoder) {
        encoder.append(UInt64(selections.count))
        for selection in selections { encoder.append(selection.map { ByteString($0.digest.bytes) }) }
    }

    /// Known when the inputs' trees are: the operation, and what it really reads.
    ///
    /// `parent`: what the operation is laid over; nil if it reads nothing of it (`COPY --link`).
    /// `caches`: for each cache mount the definition key of the last step that could have written to the cache.
    package static func content(
        operation: ContentHash,
        parent: StepState?,
        readsTimes: Bool,
        selections: [Selection?],
        caches: [ContentHash?] = []
    ) -> ContentHash {
        var encoder = CanonicalEncoder(domain: "content." + version)
        encoder.append(operation)
        encoder.append(parent != nil)
        if let parent { encoder.append(parent.tree.digest) }
        encoder.append(readsTimes)
        if readsTimes, let parent { encoder.append(parent.times) }
        encode(selections, into: &encoder)
        encoder.append(UInt64(caches.count))
        for writer in caches { encoder.append(writer.map { ByteString($0.bytes) }) }
        return encoder.hash
    }

    private static func encode(_ source: Source, into encoder: inout CanonicalEncoder) {
        switch source {
        case .scratch: encoder.append("scratch")
        case .image(let image):
            encoder.append("image")
            encoder.append(image.manifestDigest.description)
        case .local(let local):
            encoder.append("local")
            encoder.append(local.name)
        case .http(let file):
            encoder.append("http")
            encoder.append(file.fileName)
        case .git: encoder.append("git")
        }
    }

    private static func encode(_ action: FileAction, into encoder: inout CanonicalEncoder) {
        switch action {
        case .copy(let copy):
            encoder.append("copy")
            switch copy.origin {
            case .input(let index, _):
                // The path is not in the key, what it selects is: names and all. So with what --exclude leaves out.
                encoder.append("input")
                encoder.append(UInt64(index))
            case .inline(let name, let content):
                encoder.append("inline")
                encoder.append(name)
                encoder.append(content)
            }
            encoder.append(copy.destination)
            encoder.append(copy.owner)
            encode(copy.mode, into: &encoder)
            encoder.append(copy.unpacksArchives)
            encoder.append(copy.isLinked)
            if copy.takesCommitTime { encoder.append("commit time") }
        case .makeDirectory(let make):
            encoder.append("mkdir")
            encoder.append(make.path)
            encoder.append(make.owner)
        }
    }

    private static func encode(_ mode: ModeChange?, into encoder: inout CanonicalEncoder) {
        switch mode {
        case nil: encoder.append("mode of the source")
        case .absolute(let value):
            encoder.append("mode")
            encoder.append(UInt64(value))
        case .symbolic(let clauses):
            encoder.append("mode clauses")
            encoder.append(UInt64(clauses.count))
            for clause in clauses {
                encoder.append(clause.classes)
                encoder.append(clause.operation.rawValue)
                encoder.append(ByteString(clause.permissions.map(\.rawValue)))
            }
        }
    }

    private static func encode(_ step: ProcessStep, into encoder: inout CanonicalEncoder) {
        encoder.append(step.arguments)
        encoder.append(step.environment)
        encoder.append(step.workingDirectory)
        encoder.append(step.user)
        encoder.append(step.platform.normalized.text)
        encoder.append(step.network.rawValue)
        encoder.append(step.hostname)
        encoder.append(UInt64(step.extraHosts.count))
        for host in step.extraHosts {
            encoder.append(host.name)
            encoder.append(host.address)
        }
        encoder.append(UInt64(step.mounts.count))
        for mount in step.mounts { encode(mount, into: &encoder) }
        encoder.append(UInt64(step.inlineFiles.count))
        for file in step.inlineFiles {
            encoder.append(file.directory)
            encoder.append(file.name)
            encoder.append(file.content)
            encoder.append(UInt64(file.mode))
        }
        if !step.devices.isEmpty { encode(step.devices, into: &encoder) }
    }

    private static func encode(_ devices: [Device], into encoder: inout CanonicalEncoder) {
        encoder.append(UInt64(devices.count))
        for device in devices {
            encoder.append(device.name)
            encoder.append(UInt64(device.nodes.count))
            for node in device.nodes {
                encoder.append(node.path)
                encoder.append(node.hostPath)
            }
            encoder.append(UInt64(device.mounts.count))
            for mount in device.mounts {
                encoder.append(mount.path)
                encoder.append(mount.hostPath)
                encoder.append(mount.isReadOnly)
            }
            encoder.append(device.environment)
            encoder.append(UInt64(device.groups.count))
            for group in device.groups { encoder.append(UInt64(group)) }
        }
    }

    /// What a mount shows is no part of the operation: that of binds and seeds are selections; a secret's value
    /// or an agent's socket is nowhere.
    private static func encode(_ mount: ProcessMount, into encoder: inout CanonicalEncoder) {
        encoder.append(mount.target)
        switch mount.kind {
        case .bind(_, let isReadOnly):
            encoder.append("bind")
            encoder.append(isReadOnly)
        case .temporary(let size, let isReadOnly):
            encoder.append("tmpfs")
            encoder.append(size != nil)
            encoder.append(size ?? 0)
            encoder.append(isReadOnly)
        case .cache(let cache):
            encoder.append("cache")
            encoder.append(cache.id)
            encoder.append(cache.sharing.rawValue)
            encoder.append(cache.isReadOnly)
            encoder.append(cache.seed != nil)
            encode(mode: cache.mode, cache.uid, cache.gid, into: &encoder)
        case .secret(let secret):
            encoder.append("secret")
            encoder.append(secret.id)
            encoder.append(secret.isRequired)
            encoder.append(secret.environmentName)
            encode(mode: secret.mode, secret.uid, secret.gid, into: &encoder)
        case .agent(let agent):
            encoder.append("ssh")
            encoder.append(agent.id)
            encoder.append(agent.isRequired)
            encode(mode: agent.mode, agent.uid, agent.gid, into: &encoder)
        }
    }

    private static func encode(
        mode: UInt16,
        _ uid: UInt32,
        _ gid: UInt32,
        into encoder: inout CanonicalEncoder
    ) {
        encoder.append(UInt64(mode))
        encoder.append(UInt64(uid))
        encoder.append(UInt64(gid))
    }
}
