internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `rmi`: takes names away from images, and removes those that have none left.
struct RemoveImageCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi",
        abstract: "Remove images, or names of them.",
        discussion:
            "A name is taken away; with its last name an image is removed. An id removes the image with its name."
    )

    @Flag(
        name: [.customLong("force"), .customShort("f")],
        help: "Remove an image by its id with all its names; do not fail for images that are not there."
    )
    var isForced = false

    @Flag(name: .customLong("no-prune"), help: "As without it: there are no untagged parents.")
    var keepsParents = false

    @Argument(help: ArgumentHelp("Names or ids.", valueName: "image"))
    var images: [ArgumentValue]

    func run(in environment: [ByteString: ByteString]) async throws {
        guard !images.isEmpty else { throw UsageError.conflict("rmi needs an image") }
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        var failure: BuildFailure?
        for image in images {
            do {
                let done = try await engine.remove(image.bytes, isForced: isForced)
                try StandardOutput.writeResult(done.map(line).joined())
            } catch let error as BuildFailure {
                StandardError.write(FailureText(error as any DescribedError).text)
                let isMissing = error.exitCode == ExitStatus.inputMissing.rawValue
                if !(isForced && isMissing) { failure = failure ?? error }
            }
        }
        if let failure { throw ReportedFailure(status: ExitStatus(rawValue: failure.exitCode) ?? .buildFailed) }
    }

    private func line(_ removal: ImageRemoval) -> String {
        switch removal {
        case .untagged(let name): "Untagged: \(name.familiar)\n"
        case .deleted(let digest): "Deleted: \(digest)\n"
        }
    }
}
