internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `pull NAME[:TAG|@DIGEST]`: brings an image from its registry into the store.
struct PullCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Bring an image from its registry into the store."
    )

    @Option(
        name: .customLong("platform"),
        parsing: .unconditional,
        help: ArgumentHelp("The platform of the image. (default: the host's)", valueName: "os/arch")
    )
    var platform: ArgumentValue?

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print the image's name only.")
    var isQuiet = false

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("The image.", valueName: "name[:tag|@digest]"))
    var name: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        let reference = try Names.reference(name)
        let platform = try Names.platform(platform)
        let work = ReportedWork(
            title: "Pulling",
            progress: isQuiet ? .quiet : .auto,
            options: registries.engineOptions(in: environment)
        )
        let result = try await work.run(in: environment) { engine, report in
            try await engine.pull(reference, platform: platform) { report.take($0) }
        }
        guard !isQuiet else { return try StandardOutput.writeResult("\(reference)\n") }
        // Docker's words, for scripts that look for them.
        let state = result.isNew ? "Downloaded newer image" : "Image is up to date"
        try StandardOutput.writeResult(
            "Digest: \(result.digest)\nStatus: \(state) for \(reference.familiar)\n\(reference)\n"
        )
    }
}

/// Names of images among a command's words.
enum Names {
    /// - Throws: `UsageError`.
    static func reference(_ word: ArgumentValue) throws(UsageError) -> Reference {
        do { return try Reference(word.bytes) } catch {
            throw .malformed(flag: "the image's name", value: word.bytes, reason: error.message)
        }
    }

    /// - Throws: `UsageError`.
    static func platform(_ word: ArgumentValue?) throws(UsageError) -> Platform? {
        guard let text = word?.bytes, !text.isEmpty else { return nil }
        do { return try Platform(parsing: text) } catch {
            throw .malformed(flag: "--platform", value: text, reason: error.message)
        }
    }
}
