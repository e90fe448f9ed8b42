internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// What `inspect` shows of an image: docker's members in docker's order (Engine API 1.41, "Inspect an image").
///
/// Members that docker leaves out while they are empty are there for templates all the same.
struct InspectionDocument {
    private let image: ImageInspection

    init(_ image: ImageInspection) { self.image = image }

    private static let noTime = "0001-01-01T00:00:00Z"

    var value: GoValue {
        let (summary, config) = (image.summary, image.config)
        let size = GoValue.integer(summary.size ?? -1)
        return .structure(
            GoStructure(
                "types.ImageInspect",
                [
                    .init("Id", .text(summary.id.description)),
                    .init("RepoTags", .list(summary.names.map { .text($0.familiar) })),
                    .init("RepoDigests", .list(summary.digests.map { .text($0.familiar) })),
                    .init("Parent", .text(unknown("parent"))),
                    .init("Comment", .text(comment)),
                    .init("Created", .text(config.created?.description ?? Self.noTime)),
                    .init("Container", .text(unknown("container"))),
                    .init("ContainerConfig", .structure(members(of: ContainerConfig()))),
                    .init("DockerVersion", .text(unknown("docker_version"))),
                    .init("Author", .text(config.author)),
                    .init("Config", .structure(members(of: config.config))),
                    .init("Architecture", .text(config.platform.architecture)),
                    .init("Variant", .text(config.platform.variant), omitsEmpty: true),
                    .init("Os", .text(config.platform.os)),
                    .init("OsVersion", .text(config.platform.osVersion), omitsEmpty: true),
                    .init("Size", size),
                    .init("VirtualSize", size),
                    .init("GraphDriver", .structure(driver)),
                    .init("RootFS", .structure(rootFS)),
                    .init("Metadata", .structure(metadata)),
                ]
            )
        )
    }

    private func unknown(_ name: ByteString) -> ByteString { image.config.unknown[name]?.string ?? "" }

    /// The config's own, or that of the newest step.
    private var comment: ByteString {
        let own = unknown("comment")
        return own.isEmpty ? image.config.history.last?.comment ?? "" : own
    }

    private var driver: GoStructure {
        GoStructure("types.GraphDriverData", [.init("Data", .map(nil)), .init("Name", .text("overlayfs"))])
    }

    private var rootFS: GoStructure {
        let layers = GoValue.list(image.config.diffIDs.map { .text($0.description) })
        return GoStructure("types.RootFS", [.init("Type", .text("layers")), .init("Layers", layers, omitsEmpty: true)])
    }

    private var metadata: GoStructure {
        let time = image.lastTagged?.description ?? Self.noTime
        return GoStructure("image.Metadata", [.init("LastTagTime", .text(time))])
    }

    // MARK: The config

    private func members(of config: ContainerConfig) -> GoStructure {
        func text(_ name: ByteString) -> GoValue { .text(config.unknown[name]?.string ?? "") }
        func flag(_ name: ByteString) -> GoValue { .bool(config.unknown[name]?.bool ?? false) }
        return GoStructure(
            "container.Config",
            [
                .init("Hostname", text("Hostname")),
                .init("Domainname", text("Domainname")),
                .init("User", .text(config.user)),
                .init("AttachStdin", flag("AttachStdin")),
                .init("AttachStdout", flag("AttachStdout")),
                .init("AttachStderr", flag("AttachStderr")),
                .init("ExposedPorts", set(config.exposedPorts), omitsEmpty: true),
                .init("Tty", flag("Tty")),
                .init("OpenStdin", flag("OpenStdin")),
                .init("StdinOnce", flag("StdinOnce")),
                .init("Env", .texts(config.env.isEmpty ? nil : config.env)),
                .init("Cmd", .texts(config.cmd)),
                .init("Healthcheck", healthcheck(config.healthcheck), omitsEmpty: true),
                .init("ArgsEscaped", .bool(config.argsEscaped), omitsEmpty: true),
                .init("Image", text("Image")),
                .init("Volumes", set(config.volumes)),
                .init("WorkingDir", .text(config.workingDir)),
                .init("Entrypoint", .texts(config.entrypoint)),
                .init("NetworkDisabled", flag("NetworkDisabled"), omitsEmpty: true),
                .init("MacAddress", text("MacAddress"), omitsEmpty: true),
                .init("OnBuild", .texts(config.onBuild.isEmpty ? nil : config.onBuild)),
                .init("Labels", .map(config.labels.isEmpty ? nil : config.labels.mapValues(GoValue.text))),
                .init("StopSignal", .text(config.stopSignal), omitsEmpty: true),
                .init(
                    "StopTimeout",
                    config.unknown["StopTimeout"]?.integer.map(GoValue.integer) ?? .null,
                    omitsEmpty: true
                ),
                .init("Shell", .texts(config.shell), omitsEmpty: true),
            ]
        )
    }

    private func set(_ names: Set<ByteString>) -> GoValue {
        guard !names.isEmpty else { return .map(nil) }
        return .map(Dictionary(uniqueKeysWithValues: names.map { ($0, .structure(GoStructure("struct {}", []))) }))
    }

    private func healthcheck(_ check: Healthcheck?) -> GoValue {
        guard let check else { return .null }
        func time(_ duration: Duration) -> GoValue {
            let (seconds, attoseconds) = duration.components
            return .integer(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        }
        return .structure(
            GoStructure(
                "container.HealthConfig",
                [
                    .init("Test", .texts(check.test.isEmpty ? nil : check.test), omitsEmpty: true),
                    .init("Interval", time(check.interval), omitsEmpty: true),
                    .init("Timeout", time(check.timeout), omitsEmpty: true),
                    .init("StartPeriod", time(check.startPeriod), omitsEmpty: true),
                    .init("StartInterval", time(check.startInterval), omitsEmpty: true),
                    .init("Retries", .integer(check.retries), omitsEmpty: true),
                ]
            )
        )
    }
}
