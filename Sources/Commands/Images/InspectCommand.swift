internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Reports

/// `inspect`: all that is known of images, as docker's JSON.
struct InspectCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show all that is known of images.",
        discussion: "The JSON has the members of docker's; --format picks some of them."
    )

    @Option(
        name: [.customLong("format"), .customShort("f")],
        parsing: .unconditional,
        help: ArgumentHelp("json, or a Go template for each image.", valueName: "format")
    )
    var format: ArgumentValue?

    @Flag(name: [.customLong("size"), .customShort("s")], help: "Means nothing for images.")
    var showsSizes = false

    @Option(
        name: .customLong("type"),
        parsing: .unconditional,
        help: ArgumentHelp("What to look for: image.", valueName: "kind")
    )
    var kind: ArgumentValue?

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "image"))
    var images: [ArgumentValue]

    private static let otherKinds: [ByteString] = [
        "config", "container", "network", "node", "plugin", "secret", "service", "task", "volume",
    ]

    func run(in environment: [ByteString: ByteString]) async throws {
        if let kind, !kind.bytes.isEmpty, kind.bytes != "image" {
            guard !InspectCommand.otherKinds.contains(kind.bytes) else {
                throw UsageError.notSupported(
                    "--type \(kind.bytes.text)",
                    instead: "images can be looked at: --type image"
                )
            }
            throw UsageError.malformed(flag: "--type", value: kind.bytes, reason: "it is image")
        }
        guard !images.isEmpty else { throw UsageError.conflict("inspect needs an image") }
        let isDocument = format.map { $0.bytes.isEmpty || $0.bytes == "json" } ?? true
        let template = isDocument ? nil : try format.map { try GoTemplate($0.bytes) }
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        if showsSizes { StandardError.write("WARNING: --size ignored for images\n") }
        var found: [GoValue] = []
        var failure: BuildFailure?
        for image in images {
            do {
                let value = InspectionDocument(try await engine.inspect(image.bytes)).value
                found.append(value)
                if let template {
                    try StandardOutput.writeResult(try template.text(for: value).text + "\n")
                }
            } catch let error as BuildFailure {
                StandardError.write(FailureText(error as any DescribedError).text)
                failure = failure ?? error
            }
        }
        if isDocument { try write(found) }
        if let failure { throw ReportedFailure(status: ExitStatus(rawValue: failure.exitCode) ?? .buildFailed) }
    }

    private func write(_ found: [GoValue]) throws {
        let list = GoValue.list(found).json
        if format?.bytes == "json" {
            return try StandardOutput.writeResult(String(decoding: list.compact, as: UTF8.self) + "\n")
        }
        var writer = JSONWriter(indentation: 4, escapesHTML: false)
        writer.write(list)
        try StandardOutput.writeResult(String(decoding: writer.bytes, as: UTF8.self) + "\n")
    }
}
