internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Glibc
internal import OCI

/// `load`: images out of a tar.
struct LoadCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Bring the images of a tar into the store.",
        discussion: """
            The tar is an OCI image layout, or what docker save of any age writes; it may be packed with gzip, bzip2, xz or \
            zstd. A layout may also be a folder.
            """
    )

    @Option(
        name: [.customLong("input"), .customShort("i")],
        parsing: .unconditional,
        help: ArgumentHelp("The file, or a layout's folder. (default: standard input)", valueName: "path")
    )
    var input: ArgumentValue?

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "As without it: no progress is shown.")
    var isQuiet = false

    func run(in environment: [ByteString: ByteString]) async throws {
        if input == nil, isatty(STDIN_FILENO) == 1 {
            throw UsageError.conflict("load reads a tar from standard input, which is a terminal: use -i FILE")
        }
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let path = input?.bytes
        let images = try await Interrupts.endingTask { try await engine.load(from: path) }
        try StandardOutput.writeResult(images.map(lines).joined())
    }

    private func lines(_ image: LoadedImage) -> String {
        if image.names.isEmpty { return "Loaded image ID: \(image.id)\n" }
        return image.names.map { "Loaded image: \($0.familiar)\n" }.joined()
    }
}
