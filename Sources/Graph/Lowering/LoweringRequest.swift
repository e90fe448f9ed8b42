package import Bytes
package import Dockerfile
package import OCI

/// What decides, besides the Dockerfile, what its graph is.
package struct LoweringRequest: Sendable {
    package var dockerfile: ParsedDockerfile
    /// `--build-arg`, names as given.
    package var buildArguments: [ByteString: ByteString]
    /// `--target`; nil for the last stage.
    package var target: ByteString?
    /// `--platform`; nil builds for the host and takes over what the base says.
    package var platform: Platform?
    /// `--label`: they win over the Dockerfile's.
    package var labels: [ByteString: ByteString]
    /// `--no-cache`.
    package var ignoresCache: Bool
    /// `--network`: what RUN without `--network` gets.
    package var network: ProcessStep.Network
    /// `--allow`.
    package var entitlements: Set<Entitlement>
    /// `--allow device`, and what there is.
    package var devices = DeviceAccess()
    /// `--add-host`.
    package var extraHosts: [ExtraHost]
    /// Names given with `--build-context`, in lower case.
    package var namedContexts: Set<ByteString>

    package init(
        dockerfile: ParsedDockerfile,
        buildArguments: [ByteString: ByteString] = [:],
        target: ByteString? = nil,
        platform: Platform? = nil,
        labels: [ByteString: ByteString] = [:],
        ignoresCache: Bool = false,
        network: ProcessStep.Network = .default,
        entitlements: Set<Entitlement> = [],
        extraHosts: [ExtraHost] = [],
        namedContexts: Set<ByteString> = []
    ) {
        self.dockerfile = dockerfile
        self.buildArguments = buildArguments
        self.target = target
        self.platform = platform
        self.labels = labels
        self.ignoresCache = ignoresCache
        self.network = network
        self.entitlements = entitlements
        self.extraHosts = extraHosts
        self.namedContexts = namedContexts
    }
}

/// A graph, and what should be told about the Dockerfile.
package struct LoweringResult: Sendable {
    package struct Warning: Sendable, Hashable {
        package var text: String
        package var range: SourceRange?
    }

    /// What FROM asked for: an image's name, expanded, for a platform.
    package struct BaseName: Sendable, Hashable {
        package var name: ByteString
        package var platform: Platform

        package init(name: ByteString, platform: Platform) {
            self.name = name
            self.platform = platform
        }
    }

    package var graph: BuildGraph
    package var warnings: [Warning]
    /// The configs of the images that were found, for the checks.
    package var bases: [BaseName: ImageConfig]
    /// `SOURCE_DATE_EPOCH` in seconds since 1970: of the build arguments or of an ARG before the first FROM.
    package var epoch: Int64?
}
