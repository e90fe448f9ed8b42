internal import Bytes
internal import Dockerfile
internal import Graph

extension BuildRequest {
    /// What lowering needs to know of the request.
    ///
    /// - Throws: `unsupportedSyntax` for a frontend that is not built in.
    func lowering(of dockerfile: ParsedDockerfile) throws -> LoweringRequest {
        try checkSyntax(of: dockerfile)
        let network: ProcessStep.Network =
            switch self.network {
            case .default: .default
            case .none: .none
            case .host: .host
            }
        var entitlements: Set<Graph.Entitlement> = []
        if self.entitlements.contains(.networkHost) { entitlements.insert(.networkHost) }
        if self.entitlements.contains(.securityInsecure) { entitlements.insert(.securityInsecure) }
        // Who gives all steps the host's network allows it to those, too, that ask for it.
        if self.network == .host { entitlements.insert(.networkHost) }
        var result = LoweringRequest(
            dockerfile: dockerfile,
            buildArguments: buildArguments,
            target: target,
            platform: platform,
            labels: labels,
            ignoresCache: ignoresCache,
            network: network,
            entitlements: entitlements,
            extraHosts: extraHosts.map { Graph.ExtraHost(name: $0.name, address: $0.address) },
            namedContexts: Set(namedContexts.keys)
        )
        result.devices.allowsAll = self.entitlements.contains(.device)
        for (name, device) in devices {
            if name == device { result.devices.allowed.insert(name) } else { result.devices.aliases[name] = device }
        }
        return result
    }

    /// `# syntax=docker/dockerfile:…` means the built-in frontend; another one is refused by name.
    private func checkSyntax(of dockerfile: ParsedDockerfile) throws {
        guard let directive = dockerfile.directives.syntax else { return }
        let name = directive.value.split(separator: UInt8(ascii: " ")).first ?? ""
        let known: [ByteString] = ["docker/dockerfile", "docker.io/docker/dockerfile", "docker/dockerfile-upstream"]
        let isKnown = known.contains { name == $0 || name.hasPrefix($0 + ":") || name.hasPrefix($0 + "@") }
        guard !isKnown else { return }
        throw GraphError(.unsupportedSyntax(name), at: SourceRange(line: directive.line), in: dockerfile.source)
    }
}
