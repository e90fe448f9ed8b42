internal import ArgumentParser
internal import Bytes

/// The command that builds: `swift-build-image [build] [FLAGS] CONTEXT`.
///
/// The flags are those of `docker buildx build`; which of them are missing is known to ``DockerFlag``.
struct BuildCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image from a Dockerfile.",
        discussion: "The flags are those of `docker buildx build`. Without --output the image goes into the store."
    )

    @Option(
        name: .customLong("add-host"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Add a line to /etc/hosts of every RUN.", valueName: "name:address")
    )
    var extraHosts: [ArgumentValue] = []

    @Option(
        name: .customLong("allow"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Let the Dockerfile have more: network.host, security.insecure, device[=NAME].",
            valueName: "entitlement"
        )
    )
    var entitlements: [ArgumentValue] = []

    @Option(
        name: .customLong("annotation"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Annotate the image's manifest.", valueName: "[type:]name=value")
    )
    var annotations: [ArgumentValue] = []

    @Option(
        name: .customLong("build-arg"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set a build argument; without a value it is the environment's.", valueName: "name[=value]")
    )
    var buildArguments: [ArgumentValue] = []

    @Option(
        name: .customLong("build-context"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Name a further context: a folder, oci-layout://DIR[:TAG|@DIGEST] or docker-image://NAME.",
            valueName: "name=value"
        )
    )
    var buildContexts: [ArgumentValue] = []

    @Option(
        name: .customLong("call"),
        parsing: .unconditional,
        help: ArgumentHelp(
            "Ask the Dockerfile instead of building it: check, outline or targets.",
            valueName: "question[,format=json]"
        )
    )
    var call: ArgumentValue?

    @Flag(name: .customLong("check"), help: "Check the Dockerfile instead of building it: --call=check.")
    var isCheck = false

    @Option(
        name: [.customLong("file"), .customShort("f")],
        parsing: .unconditional,
        help: ArgumentHelp("The Dockerfile; - is standard input. (default: CONTEXT/Dockerfile)", valueName: "path")
    )
    var file: ArgumentValue?

    @Option(
        name: .customLong("iidfile"),
        parsing: .unconditional,
        help: ArgumentHelp("Write the image's id, its config's digest, into a file.", valueName: "path")
    )
    var imageIDFile: ArgumentValue?

    @Option(
        name: .customLong("label"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set a label of the image.", valueName: "name=value")
    )
    var labels: [ArgumentValue] = []

    @Flag(name: .customLong("load"), help: "Put the image into the store: --output=type=docker.")
    var isLoaded = false

    @Option(
        name: .customLong("metadata-file"),
        parsing: .unconditional,
        help: ArgumentHelp("Write what came out as JSON into a file.", valueName: "path")
    )
    var metadataFile: ArgumentValue?

    @Option(
        name: .customLong("network"),
        parsing: .unconditional,
        help: ArgumentHelp("The network of RUN: default, none or host. (default: default)", valueName: "mode")
    )
    var network: ArgumentValue?

    @Flag(name: .customLong("no-cache"), help: "Run every step, whatever earlier builds have left.")
    var ignoresCache = false

    @Option(
        name: [.customLong("output"), .customShort("o")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            What to make: a folder, - for a tar, or type=TYPE,KEY=VALUE,…: \
            oci and docker (dest, tar, name), image and registry (name, push), local and tar (dest), cacheonly; images \
            take compression=gzip|zstd|uncompressed, compression-level, force-compression, oci-mediatypes, \
            rewrite-timestamp and annotation.NAME.
            """,
            valueName: "key=value,…"
        )
    )
    var outputs: [ArgumentValue] = []

    @Option(
        name: .customLong("platform"),
        parsing: .unconditional,
        help: ArgumentHelp("The platform to build for. (default: the host's)", valueName: "os/arch")
    )
    var platform: ArgumentValue?

    @Option(
        name: .customLong("progress"),
        parsing: .unconditional,
        help: ArgumentHelp("auto, plain, tty or quiet. (default: $BUILDKIT_PROGRESS, else auto)", valueName: "style")
    )
    var progress: ArgumentValue?

    @Flag(name: .customLong("pull"), help: "Ask registries for every base, whatever the store has.")
    var pullsAlways = false

    @Flag(name: .customLong("push"), help: "Push the image under its names: --output=type=registry.")
    var isPushed = false

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print the image's id only.")
    var isQuiet = false

    @Option(
        name: .customLong("secret"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Give a secret to RUN --mount=type=secret: a file, or a variable of the environment.",
            valueName: "id=name[,src=path|,env=variable]"
        )
    )
    var secrets: [ArgumentValue] = []

    @Option(
        name: .customLong("ssh"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Let RUN --mount=type=ssh ask an SSH agent (default: $SSH_AUTH_SOCK), or use private keys.",
            valueName: "default|id[=socket|=key,…]"
        )
    )
    var agents: [ArgumentValue] = []

    @Option(
        name: [.customLong("tag"), .customShort("t")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Name the image.", valueName: "name[:tag]")
    )
    var tags: [ArgumentValue] = []

    @Option(
        name: .customLong("target"),
        parsing: .unconditional,
        help: ArgumentHelp("The stage to build. (default: the last one)", valueName: "stage")
    )
    var target: ArgumentValue?

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("The folder that COPY and ADD read.", valueName: "context"))
    var context: ArgumentValue?

    func run(in environment: [ByteString: ByteString]) async throws {
        let plan = try BuildPlan(self, environment: environment)
        if let call = try CallOption(self) { return try await DockerfileSession(call).run(plan.request) }
        try await BuildSession(plan).run(environment: environment)
    }
}
