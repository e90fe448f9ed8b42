public import Bytes
public import OCI

/// What to build and what to do with it.
///
/// Paths are paths of the host, relative ones from the current directory.
public struct BuildRequest: Sendable {
    /// The folder that COPY and ADD read.
    public var context: ByteString
    /// Where the Dockerfile is; nil for `Dockerfile` in the context.
    public var dockerfile: DockerfileLocation?
    /// `-t`: names that the image gets in the store.
    public var names: [Reference]
    /// `--build-arg`.
    public var buildArguments: [ByteString: ByteString]
    /// `--build-context`: by name, in lower case.
    public var namedContexts: [ByteString: NamedContext]
    /// `--target`; nil for the last stage.
    public var target: ByteString?
    /// `--platform`; nil for the host's.
    public var platform: Platform?
    /// `--label`: they win over the Dockerfile's.
    public var labels: [ByteString: ByteString]
    /// `--no-cache`: every step runs, whatever earlier builds left.
    public var ignoresCache: Bool
    /// `--pull`: registries are asked for every name, whatever the store has.
    public var pullsAlways: Bool
    /// `--network`.
    public var network: Network
    /// `--allow`: what the Dockerfile may ask for beyond the usual.
    ///
    /// With the network `host`, ``Entitlement/networkHost`` need not be named.
    public var entitlements: Set<Entitlement>
    /// `--allow device=NAME`: the devices that `RUN --device` may have, by the name that it uses: their own, or another.
    public var devices: [ByteString: ByteString]
    /// `--add-host`: further lines of each step's /etc/hosts.
    public var extraHosts: [ExtraHost]
    /// `--secret`: by id, what `RUN --mount=type=secret` gets.
    public var secrets: [ByteString: Secret]
    /// `--ssh`: by id, the agent that `RUN --mount=type=ssh` leads to: the path of its socket, or those of files with
    /// private keys.
    public var agents: [ByteString: [ByteString]]
    /// `--output`, `--load`, `--push`; none puts the image into the store.
    public var outputs: [Output]

    /// - Parameter context: the folder that COPY and ADD read.
    public init(context: ByteString) {
        self.context = context
        names = []
        buildArguments = [:]
        namedContexts = [:]
        labels = [:]
        ignoresCache = false
        pullsAlways = false
        network = .default
        entitlements = []
        devices = [:]
        extraHosts = []
        secrets = [:]
        agents = [:]
        outputs = []
    }

    /// Where a Dockerfile is read from.
    public enum DockerfileLocation: Sendable, Hashable {
        case file(ByteString)
        /// `-f -`: the whole of standard input.
        case standardInput
    }

    /// What a name of `--build-context` stands for.
    public enum NamedContext: Sendable, Hashable {
        case folder(ByteString)
        /// `oci-layout://FOLDER[:TAG]` or `oci-layout://FOLDER@DIGEST`.
        case layout(folder: ByteString, tag: ByteString?, digest: Digest?)
        /// `docker-image://NAME`.
        case image(ByteString)
    }

    /// What RUN gets that does not choose for itself.
    public enum Network: String, Sendable, CaseIterable {
        case `default`, none, host
    }

    /// What a Dockerfile may only ask for if it is allowed to.
    public enum Entitlement: String, Sendable, CaseIterable {
        /// `RUN --network=host`.
        case networkHost = "network.host"
        /// `RUN --security=insecure`.
        case securityInsecure = "security.insecure"
        /// Every `RUN --device`.
        case device
    }

    /// A name and its address for /etc/hosts.
    public struct ExtraHost: Sendable, Hashable {
        /// The name, without white space.
        public var name: ByteString
        /// An IPv4 or IPv6 address as inet_ntop(3) writes it.
        public var address: ByteString

        /// A host at an address.
        public init(name: ByteString, address: ByteString) {
            self.name = name
            self.address = address
        }
    }

    /// Where the value of a secret comes from; it is read when the build begins.
    public enum Secret: Sendable, Hashable {
        case file(ByteString)
        case value(ByteString)
    }
}
