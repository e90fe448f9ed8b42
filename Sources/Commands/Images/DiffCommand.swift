internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Reports

/// `diff A B`: how two images differ, file by file and in their configs.
struct DiffCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show how two images differ, file by file and in their configs.",
        discussion: """
            Images are named as for layers. Times of files are not compared, nor how files are spread over layers. The \
            exit code is 0 where nothing differs, 1 where something does, and more where they could not be compared.
            """
    )

    @OptionGroup var look: ImageLookOptions

    @Argument(help: ArgumentHelp("The first image.", valueName: "image"))
    var left: ArgumentValue

    @Argument(help: ArgumentHelp("The second image.", valueName: "other"))
    var right: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        let isJSON = try look.isJSON
        let platform = try look.platform
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let difference = try await engine.difference(
            between: ImageLocation(left.bytes),
            and: ImageLocation(right.bytes),
            platform: platform
        )
        let text = DifferenceText(difference, isColoured: StandardOutput.isTerminal && StandardError.wantsColour)
        do { try StandardOutput.writeResult(isJSON ? text.json : text.text) } catch {
            // 1 would say that they differ.
            StandardError.write(FailureText(error).text)
            throw ReportedFailure(status: .hostLacksSomething)
        }
        if !difference.isEqual { throw ReportedFailure(status: .buildFailed) }
    }
}
