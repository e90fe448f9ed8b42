internal import ArgumentParser
internal import BuildEngine
internal import Bytes

/// `check [FLAGS OF BUILD] CONTEXT`: what the checks find in a Dockerfile, without building it.
struct CheckCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a Dockerfile without building it.",
        usage: "swift-build-image check [<options>] <context>",
        discussion: """
            Needs no root and no store. The exit code is 0 if nothing is found, 1 if something is, 3 if the file does \
            not parse. The flags are those of build; what concerns the image alone does not matter.
            """
    )

    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("text, json or sarif. (default: text)", valueName: "form")
    )
    var format: ArgumentValue?

    @OptionGroup var build: BuildCommand

    func run(in environment: [ByteString: ByteString]) async throws {
        let request = try BuildPlan(build, environment: environment).request
        try await DockerfileSession(try call).run(request)
    }

    /// What is asked.
    var call: CallOption {
        get throws(UsageError) {
            let asked = try CallOption(build)
            guard asked == nil || asked?.question == .check else {
                throw .conflict("check is a question of its own: use build with --call")
            }
            guard let format else { return asked ?? CallOption(question: .check, format: .text) }
            return CallOption(question: .check, format: try CallOption.format(format.bytes, flag: "--format"))
        }
    }
}
