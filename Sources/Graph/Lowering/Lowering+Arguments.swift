internal import Bytes
internal import Dockerfile
internal import OCI

extension Lowering {
    /// The arguments that FROM lines see: the platform ones, then the ARGs before the first FROM, in order.
    func readGlobalArguments() throws {
        let asked = request.target.flatMap { $0.isEmpty ? nil : $0 }
        let target = asked ?? dockerfile.stages.last?.name ?? ""
        for (name, value) in automaticArguments(target: target.isEmpty ? "default" : target) {
            globalArguments[name] = request.buildArguments[name] ?? value
        }
        for instruction in dockerfile.metaArguments {
            guard case .arg(let declarations) = instruction.kind else { continue }
            mistakes.meetsUnknown = false
            for declaration in declarations {
                usedArguments.insert(declaration.name)
                if let given = request.buildArguments[declaration.name] {
                    globalArguments[declaration.name] = given
                } else if let value = declaration.defaultValue {
                    do {
                        globalArguments[declaration.name] = try expand(value, of: instruction, fromExpansion)
                    } catch {
                        try mistakes.note(error)
                        mistakes.meetsUnknown = true
                    }
                }
                if mistakes.meetsUnknown { doubtfulGlobals.insert(declaration.name) }
            }
        }
    }

    private func automaticArguments(target: ByteString) -> [(ByteString, ByteString)] {
        let host = Platform.host
        return [
            ("BUILDPLATFORM", Platform(os: host.os, architecture: host.architecture, variant: host.variant).text),
            ("BUILDOS", host.os),
            ("BUILDOSVERSION", host.osVersion),
            ("BUILDARCH", host.architecture),
            ("BUILDVARIANT", host.variant),
            ("TARGETPLATFORM", platform.text),
            ("TARGETOS", platform.os),
            ("TARGETOSVERSION", platform.osVersion),
            ("TARGETARCH", platform.architecture),
            ("TARGETVARIANT", platform.variant),
            ("TARGETSTAGE", target),
        ]
    }

    /// Proxy settings may be given without being declared; they reach RUN, but no key and no history.
    static let proxyNames: Set<ByteString> = [
        "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY",
    ]

    var proxyEnvironment: [ByteString] {
        var values: [ByteString: ByteString] = [:]
        // Of several spellings the last in the order of bytes counts, as in BuildKit; nothing is set by an empty value.
        let given = request.buildArguments.filter { Lowering.proxyNames.contains($0.key.uppercased) }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            let set = value.isEmpty ? nil : value
            values[name.uppercased] = set
            values[name.lowercased] = set
        }
        return values.keys.sorted().map { $0 + "=" + (values[$0] ?? "") }
    }

    func warnAboutUnusedArguments() {
        for (name, lack) in Lowering.lackingNames where isTrue(request.buildArguments[name]) {
            warnings.append(.init(text: "\(name.escaped) has no effect yet: \(lack)", range: nil))
        }
        let known = usedArguments.union(Lowering.specialNames)
        let unused = request.buildArguments.keys.filter { name in
            !known.contains(name) && !Lowering.proxyNames.contains(name.uppercased)
        }
        guard !unused.isEmpty else { return }
        let names = unused.sorted().map { name in
            name.escaped + (name.nearest(among: usedArguments.sorted()).map { " (did you mean \($0.escaped)?)" } ?? "")
        }.joined(separator: ", ")
        warnings.append(.init(text: "build arguments that no ARG declares were not used: \(names)", range: nil))
    }

    private func isTrue(_ value: ByteString?) -> Bool {
        value.map { !["", "0", "false"].contains($0.lowercased) } ?? false
    }

    /// Arguments for BuildKit that nothing here answers yet, with what is not done.
    private static let lackingNames: [(ByteString, String)] = [
        ("BUILDKIT_INLINE_CACHE", "the image does not tell what is in its layers to other builds"),
        ("BUILDKIT_MULTI_PLATFORM", "an image for one platform gets no index around it"),
    ]

    /// Arguments that mean something to the engine itself.
    private static let specialNames: Set<ByteString> = [
        "BUILDKIT_SYNTAX", "BUILDKIT_INLINE_CACHE", "BUILDKIT_MULTI_PLATFORM", "BUILDKIT_SANDBOX_HOSTNAME",
        "BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_CONTEXT_KEEP_GIT_DIR", "BUILDKIT_DOCKERFILE_CHECK", "SOURCE_DATE_EPOCH",
        "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM", "TARGETOS",
        "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
    ]
}
