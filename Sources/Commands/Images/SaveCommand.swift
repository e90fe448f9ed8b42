internal import ArgumentParser
internal import BuildEngine
internal import Bytes

/// `save`: images as one tar.
struct SaveCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Write images into a tar, which is an OCI image layout and a docker archive at once.",
        discussion: "A name without a tag stands for all tags of its repository; an id brings the image without a name."
    )

    @Option(
        name: [.customLong("output"), .customShort("o")],
        parsing: .unconditional,
        help: ArgumentHelp("The file. (default: standard output)", valueName: "path")
    )
    var output: ArgumentValue?

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "image"))
    var images: [ArgumentValue]

    func run(in environment: [ByteString: ByteString]) async throws {
        guard !images.isEmpty else { throw UsageError.conflict("save needs an image") }
        if output == nil, StandardOutput.isTerminal {
            throw UsageError.conflict("refusing to write a tar to a terminal: use -o FILE, or redirect the output")
        }
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let (words, path) = (images.map(\.bytes), output?.bytes)
        try await Interrupts.endingTask { try await engine.save(words, to: path) }
    }
}
