internal import Bytes
internal import Dockerfile
internal import Graph
internal import OCI

extension BuildRequest {
    /// What lowering needs to know of the request.
    func lowering(of dockerfile: ParsedDockerfile) -> LoweringRequest {
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

    /// Reads a Dockerfile.
    ///
    /// - Throws: `GraphError.Reason.unsupportedSyntax` for a frontend that is not built in; `DockerfileError` or
    ///   `LoweringFailure` for mistakes, with those that `Lowering` finds in the rest of the file.
    func parse(_ source: SourceText) async throws -> ParsedDockerfile {
        try checkSyntax(of: source)
        let dockerfile = try DockerfileParser.parseLeniently(source)
        guard !dockerfile.mistakes.isEmpty else { return dockerfile }
        let others = try? await Lowering.mistakes(in: lowering(of: dockerfile), images: KnownInputs(namedContexts))
        throw LoweringFailure(mistakes: dockerfile.mistakes + (others ?? []))
    }

    /// The mistakes of the file that an error of `parse` tells; none if it tells of something else.
    static func mistakes(_ error: any Error) -> [any LocatedError] {
        switch error {
        case let error as DockerfileError: error.all
        case let failure as LoweringFailure: failure.mistakes
        default: []
        }
    }

    /// What the checks find in the part of the file before its mistakes.
    func findings(
        before mistakes: [any LocatedError],
        in source: SourceText,
        purpose: CheckRequest.Purpose
    ) -> CheckResult {
        DockerfileChecks.run(before: mistakes, in: source, purpose: purpose, buildArguments: buildArguments)
    }

    /// `# syntax=docker/dockerfile:…` means the built-in frontend; another one is refused by name.
    ///
    /// The build argument `BUILDKIT_SYNTAX` stands for the directive.
    private func checkSyntax(of source: SourceText) throws {
        let directive = ParserDirectives.syntax(of: source)
        guard let text = buildArguments["BUILDKIT_SYNTAX"] ?? directive?.value else { return }
        let name = text.split(separator: UInt8(ascii: " ")).first { !$0.isEmpty } ?? ""
        let known = ["docker/dockerfile", "docker/dockerfile-upstream"].map { "docker.io/" + $0 }
        if let reference = try? Reference(name), known.contains(reference.name) { return }
        let isGiven = buildArguments["BUILDKIT_SYNTAX"] != nil
        let range = isGiven ? nil : directive.map { SourceRange(line: $0.line) }
        throw GraphError(.unsupportedSyntax(name), at: range, in: range == nil ? nil : source)
    }
}
