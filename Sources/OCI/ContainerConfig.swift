public import Bytes

/// How a container of an image is started (OCI image-spec 1.1, "Image Configuration", `config`, with what Docker's
/// image specification adds).
public struct ContainerConfig: Hashable, Sendable {
    /// User and group, by name or number, with a colon between; empty for root.
    public var user: ByteString
    /// Ports such as `80/tcp`; written sorted.
    public var exposedPorts: Set<ByteString>
    /// `NAME=value` entries in their order.
    public var env: [ByteString]
    /// The program and its first arguments; nil where the image names none.
    public var entrypoint: [ByteString]?
    /// Arguments after the entry point, or the program where there is none.
    public var cmd: [ByteString]?
    /// Paths in the container; written sorted.
    public var volumes: Set<ByteString>
    /// The directory that the process starts in; empty for `/`.
    public var workingDir: ByteString
    /// Written sorted by name.
    public var labels: [ByteString: ByteString]
    /// A name or number of a signal; empty for the engine's own.
    public var stopSignal: ByteString
    /// Whether entry point and command are one command line, which only Windows reads.
    public var argsEscaped: Bool
    /// How the container is asked whether it works; nil where the image does not say.
    public var healthcheck: Healthcheck?
    /// Instructions that a build on top of the image starts with.
    public var onBuild: [ByteString]
    /// What runs shell forms; nil for `/bin/sh -c`.
    public var shell: [ByteString]?
    /// Members that are not known here, which a rewrite keeps.
    package var unknown = JSONObject()

    /// A config that says nothing.
    public init() {
        user = ""
        exposedPorts = []
        env = []
        volumes = []
        workingDir = ""
        labels = [:]
        stopSignal = ""
        argsEscaped = false
        onBuild = []
    }
}

extension ContainerConfig {
    init(_ fields: JSONFields) throws(OCIError) {
        user = try fields.text(Name.user)
        exposedPorts = try fields.names(Name.exposedPorts)
        env = try fields.texts(Name.env) ?? []
        entrypoint = try fields.texts(Name.entrypoint)
        cmd = try fields.texts(Name.cmd)
        volumes = try fields.names(Name.volumes)
        workingDir = try fields.text(Name.workingDir)
        labels = try fields.textMap(Name.labels)
        stopSignal = try fields.text(Name.stopSignal)
        argsEscaped = try fields.bool(Name.argsEscaped)
        if let inner = try fields.fields(Name.healthcheck) { healthcheck = try Healthcheck(inner) }
        onBuild = try fields.texts(Name.onBuild) ?? []
        shell = try fields.texts(Name.shell)
        unknown = fields.rest(after: Name.all)
    }

    var json: JSONObject {
        var object = JSONObject()
        object.set(Name.user, user)
        object.set(Name.exposedPorts, namesOf: exposedPorts)
        object.set(Name.env, env)
        object.set(Name.entrypoint, entrypoint)
        object.set(Name.cmd, cmd)
        object.set(Name.volumes, namesOf: volumes)
        object.set(Name.workingDir, workingDir)
        object.set(Name.labels, labels)
        object.set(Name.stopSignal, stopSignal)
        object.set(Name.argsEscaped, argsEscaped)
        if let healthcheck { object[Name.healthcheck] = .object(healthcheck.json) }
        object.set(Name.onBuild, onBuild)
        object.set(Name.shell, shell)
        object.append(unknown)
        return object
    }

    private enum Name {
        static let user: ByteString = "User"
        static let exposedPorts: ByteString = "ExposedPorts"
        static let env: ByteString = "Env"
        static let entrypoint: ByteString = "Entrypoint"
        static let cmd: ByteString = "Cmd"
        static let volumes: ByteString = "Volumes"
        static let workingDir: ByteString = "WorkingDir"
        static let labels: ByteString = "Labels"
        static let stopSignal: ByteString = "StopSignal"
        static let argsEscaped: ByteString = "ArgsEscaped"
        static let healthcheck: ByteString = "Healthcheck"
        static let onBuild: ByteString = "OnBuild"
        static let shell: ByteString = "Shell"
        static let all = [
            user, exposedPorts, env, entrypoint, cmd, volumes, workingDir, labels, stopSignal, argsEscaped, healthcheck,
            onBuild, shell,
        ]
    }
}
