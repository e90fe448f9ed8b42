internal import Bytes
package import Graph
internal import OCI

extension KeyRecord {
    /// The operation's fields by name, as people know them.
    package init(of operation: Operation) {
        self.init()
        switch operation {
        case .source: break
        case .file(let actions):
            for action in actions {
                switch action {
                case .copy(let copy):
                    switch copy.origin {
                    case .input(_, let path): add("source", path)
                    case .inline(let name, let content):
                        add("heredoc", name)
                        add("heredoc content", content)
                    }
                    add("destination", copy.destination)
                    if let owner = copy.owner { add("owner", owner) }
                    if let mode = copy.mode { add("mode", ByteString(mode.text)) }
                    if copy.unpacksArchives { add("unpacks archives", "yes") }
                    for pattern in copy.excludes { add("exclude", pattern) }
                    if copy.keepsParents { add("keeps parents", "yes") }
                    if copy.isLinked { add("linked", "yes") }
                    if copy.takesCommitTime { add("times", "of the commit") }
                case .makeDirectory(let make):
                    add("directory", make.path)
                    if let owner = make.owner { add("owner", owner) }
                }
            }
        case .run(let step):
            for argument in step.arguments { add("argument", argument) }
            for variable in step.environment { add("environment", variable) }
            add("working directory", step.workingDirectory)
            add("user", step.user)
            add("platform", step.platform.text)
            add("network", ByteString("\(step.network)"))
            if step.security != .sandbox { add("security", ByteString("\(step.security)")) }
            add("hostname", step.hostname)
            for host in step.extraHosts { add("host", host.name + " " + host.address) }
            for mount in step.mounts { add(mount) }
            for device in step.devices { add("device", device.name) }
            for file in step.inlineFiles { add("script", file.content) }
        }
    }

    private mutating func add(_ mount: ProcessMount) {
        var options: [ByteString] = []
        let name: ByteString
        switch mount.kind {
        case .bind(let source, let isReadOnly):
            name = "bind mount"
            options = ["source=" + source.path, isReadOnly ? "readonly" : "rw"]
        case .temporary(let size, let isReadOnly):
            name = "tmpfs mount"
            if let size { options.append(ByteString("size=\(size)")) }
            if isReadOnly { options.append("readonly") }
        case .cache(let cache):
            name = "cache mount"
            options = ["id=" + cache.id, ByteString("sharing=\(cache.sharing)")]
            if let seed = cache.seed { options.append("source=" + seed.path) }
            options.append(KeyRecord.owner(mode: cache.mode, cache.uid, cache.gid))
            if cache.isReadOnly { options.append("readonly") }
        case .secret(let secret):
            name = "secret mount"
            options = ["id=" + secret.id]
            if let variable = secret.environmentName { options.append("env=" + variable) }
            options.append(KeyRecord.owner(mode: secret.mode, secret.uid, secret.gid))
            if secret.isRequired { options.append("required") }
        case .agent(let agent):
            name = "ssh mount"
            options = ["id=" + agent.id, KeyRecord.owner(mode: agent.mode, agent.uid, agent.gid)]
            if agent.isRequired { options.append("required") }
        }
        if let target = mount.target { options.insert("target=" + target, at: 0) }
        add(name, options.joined(separator: ","))
    }

    private static func owner(mode: UInt16, _ uid: UInt32, _ gid: UInt32) -> ByteString {
        ByteString("mode=\(String(mode, radix: 8)),uid=\(uid),gid=\(gid)")
    }
}
