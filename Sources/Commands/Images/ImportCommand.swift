internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Glibc
internal import OCI

/// `import`: an image of one layer out of a root directory's tar.
struct ImportCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an image of a root directory's tar, and print its id."
    )

    @Option(
        name: [.customLong("change"), .customShort("c")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Apply an instruction of a Dockerfile, such as CMD, to the image.", valueName: "instruction")
    )
    var changes: [ArgumentValue] = []

    @Option(
        name: [.customLong("message"), .customShort("m")],
        parsing: .unconditional,
        help: ArgumentHelp("What the image's history says.", valueName: "text")
    )
    var message: ArgumentValue?

    @Option(
        name: .customLong("platform"),
        parsing: .unconditional,
        help: ArgumentHelp("What the image runs on. (default: the host's)", valueName: "os/arch")
    )
    var platform: ArgumentValue?

    @Argument(help: ArgumentHelp("The tar, plain or packed; - is standard input.", valueName: "file"))
    var file: ArgumentValue

    @Argument(help: ArgumentHelp("The image's name.", valueName: "name[:tag]"))
    var name: ArgumentValue?

    func run(in environment: [ByteString: ByteString]) async throws {
        var request = ImportRequest(path: file.bytes == "-" ? nil : file.bytes)
        if file.bytes.text.contains("://") {
            throw UsageError.notSupported(
                "import of a URL",
                instead: "fetch it: curl -L URL | swift-build-image import -"
            )
        }
        if request.path == nil, isatty(STDIN_FILENO) == 1 {
            throw UsageError.conflict("import - reads a tar from standard input, which is a terminal")
        }
        do {
            request.name = try name.map { try Reference($0.bytes) }
            if let platform { request.platform = try Platform(parsing: platform.bytes) }
        } catch let error as OCIError { throw UsageError.conflict(error.message) }
        if request.name?.digest != nil {
            throw UsageError.conflict("an imported image is named by a tag, not by a digest")
        }
        request.changes = changes.map(\.bytes)
        request.message = message?.bytes ?? ""
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let id = try await Interrupts.endingTask { [request] in try await engine.importRoot(request) }
        try StandardOutput.writeResult("\(id)\n")
    }
}
