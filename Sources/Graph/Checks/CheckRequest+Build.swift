package import Bytes
package import Dockerfile
package import OCI
package import Trees

extension CheckRequest {
    /// The checks of a build: what they need to know of platforms, image names and ignored files comes from the build's
    /// request.
    ///
    /// - Parameters:
    ///   - request: what is built; without a target the last stage.
    ///   - purpose: whether a build or `check` asks.
    ///   - ignoreRules: those of the build context; nil if there is no ignore file.
    ///   - base: the config of an image that FROM names (expanded, for a platform), if it has been looked up. Without
    ///     it, only those undefined variables are told of which a base image cannot be the source.
    /// - Throws: `DockerfileError` if the configuration in the file or in BUILDKIT_DOCKERFILE_CHECK cannot be read.
    package init(
        _ request: LoweringRequest,
        purpose: Purpose,
        ignoreRules: IgnoreRules? = nil,
        base: @escaping @Sendable (_ name: ByteString, _ platform: Platform) -> ImageConfig? = { _, _ in nil }
    ) throws(DockerfileError) {
        let dockerfile = request.dockerfile
        let target = request.platform ?? .host
        let stage = request.target ?? dockerfile.stages.last?.name ?? "default"
        self.init(
            dockerfile: dockerfile,
            configuration: try CheckConfiguration(of: dockerfile, buildArguments: request.buildArguments),
            purpose: purpose,
            target: request.target,
            buildArguments: request.buildArguments,
            platformArguments: Self.platformArguments(target: target, stage: stage),
            isImageName: { (try? Reference($0)) != nil },
            platform: { (try? Platform(parsing: $0)).map { ($0.os, $0.architecture) } }
        )
        namedContexts = request.namedContexts
        isIgnored = ignoreRules.flatMap(Self.ignoredSources)
        self.base = { name, platform in
            let wanted = platform.flatMap { try? Platform(parsing: $0) } ?? target
            return base(name, wanted).map { Base($0, wanted: wanted) }
        }
    }

    /// The arguments that are there without being declared, with their values.
    private static func platformArguments(
        target: Platform,
        stage: ByteString
    ) -> [(name: ByteString, value: ByteString)] {
        let host = Platform.host
        return [
            ("BUILDPLATFORM", Platform(os: host.os, architecture: host.architecture, variant: host.variant).text),
            ("BUILDOS", host.os), ("BUILDOSVERSION", host.osVersion), ("BUILDARCH", host.architecture),
            ("BUILDVARIANT", host.variant), ("TARGETPLATFORM", target.text), ("TARGETOS", target.os),
            ("TARGETOSVERSION", target.osVersion), ("TARGETARCH", target.architecture),
            ("TARGETVARIANT", target.variant), ("TARGETSTAGE", stage),
        ]
    }

    /// Says of a source path whether the rules leave it out; nil if there are none or some with exceptions.
    private static func ignoredSources(_ rules: IgnoreRules) -> (@Sendable (ByteString) -> Bool)? {
        guard !rules.isEmpty, !rules.rules.contains(where: \.isNegated) else { return nil }
        let ignoresAll = rules.rules.contains { ["*", "**", "**/*"].contains($0.pattern) }
        return { path in
            if path == "." || path == "/" { return ignoresAll }
            // Nothing above the context is in it, nor could a rule leave it out.
            guard !path.hasPrefix("..") else { return false }
            return rules.verdict(on: TreePath(parsing: path)).isIgnored
        }
    }
}

extension CheckRequest.Base {
    /// What the checks need to know of an image's config.
    init(_ config: ImageConfig, wanted: Platform) {
        let environment = config.config.env.map { entry -> (name: ByteString, value: ByteString) in
            guard let separator = entry.bytes.firstIndex(of: UInt8(ascii: "=")) else { return (entry, "") }
            return (ByteString(Array(entry.bytes[..<separator])), ByteString(Array(entry.bytes[(separator + 1)...])))
        }
        let actual = config.platform.normalized
        let expected = wanted.normalized
        let fits = actual.os.isEmpty || actual.os == expected.os && actual.architecture == expected.architecture
        self.init(
            environment: environment,
            hasShell: !(config.config.shell ?? []).isEmpty,
            triggers: config.config.onBuild,
            platformMismatch: fits ? nil : (actual.description, expected.description)
        )
    }
}
