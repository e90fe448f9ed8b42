internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `push NAME[:TAG]`: sends an image of the store to the registry that its name tells.
struct PushCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send an image of the store to its registry: what the registry lacks of it."
    )

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print the image's name only.")
    var isQuiet = false

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("The image.", valueName: "name[:tag]"))
    var name: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        let reference = try Names.reference(name)
        guard reference.digest == nil else {
            throw UsageError.malformed(
                flag: "the image's name",
                value: name.bytes,
                reason: "an image is pushed under a tag, not under a digest"
            )
        }
        let work = ReportedWork(
            title: "Pushing",
            progress: isQuiet ? .quiet : .auto,
            options: registries.engineOptions(in: environment)
        )
        let result = try await work.run(in: environment) { engine, report in
            try await engine.push(reference) { report.take($0) }
        }
        guard !isQuiet else { return try StandardOutput.writeResult("\(reference)\n") }
        let tag = reference.tag ?? "latest"
        try StandardOutput.writeResult(
            "\(tag): digest: \(result.manifest.digest) size: \(result.manifest.size)\n"
        )
    }
}
