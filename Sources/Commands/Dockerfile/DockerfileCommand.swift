internal import ArgumentParser
internal import BuildEngine
internal import Bytes

/// `dockerfile`: what can be done with a Dockerfile alone.
struct DockerfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dockerfile",
        abstract: "Look at a Dockerfile.",
        subcommands: [ParseCommand.self]
    )
}

/// `dockerfile parse FILE`: the instructions as the parser splits them.
struct ParseCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Print the instructions of a Dockerfile with their flags and words.",
        discussion: "The exit code is 3 for a file that cannot be split."
    )

    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("The form of what is printed: json. (default: json)", valueName: "form")
    )
    var format: ArgumentValue?

    @Argument(help: ArgumentHelp("The Dockerfile; - is standard input.", valueName: "file"))
    var file: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        if let format, format.bytes != "json" {
            throw UsageError.malformed(flag: "--format", value: format.bytes, reason: "it is json")
        }
        let location: BuildRequest.DockerfileLocation = file.bytes == "-" ? .standardInput : .file(file.bytes)
        try await DockerfileSession.answer { try await DockerfileAnswer(instructionsOf: location) }
    }
}
