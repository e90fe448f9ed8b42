internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Glibc
internal import Reports

/// The whole program: from the arguments to the exit code.
package enum Program {
    /// Runs the command that the process was started with, and ends the process.
    ///
    /// To be called from the main thread, which waits for signals while others work.
    package static func main() -> Never {
        Interrupts.block()
        Task { exit(await run(ProcessArguments.words, environment: ProcessArguments.environment).rawValue) }
        Interrupts.wait()
    }

    static func run(_ words: [ByteString], environment: [ByteString: ByteString]) async -> ExitStatus {
        do {
            var command = try command(for: words)
            if let command = command as? any EnvironmentCommand {
                try await command.run(in: environment)
            } else {
                try command.run()
            }
            return .done
        } catch {
            return report(error)
        }
    }

    /// The command that the words name, with its flags.
    static func command(for words: [ByteString]) throws -> any ParsableCommand {
        let words = try CommandWords(words).normalized.map(ArgumentText.string)
        // By itself a usual command is parsed in half the time; what is wrong with its words is told by way of the root.
        let usual: [String: any ParsableCommand.Type] = ["build": BuildCommand.self, "images": ImagesCommand.self]
        if let type = words.first.flatMap({ usual[$0] }), let command = try? type.parse(Array(words.dropFirst())) {
            return command
        }
        return try RootCommand.parseAsRoot(words)
    }

    /// Prints an error.
    static func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let error as ReportedFailure:
            return error.status
        case let error as UsageError:
            StandardError.write(FailureText(error).text)
            return .wrongUse
        case let error as TemplateError:
            StandardError.write(FailureText(error as any DescribedError).text)
            return .wrongUse
        case let error as BuildFailure:
            // The engine could not even be opened.
            StandardError.write(FailureText(error as any DescribedError).text)
            return ExitStatus(rawValue: error.exitCode) ?? .hostLacksSomething
        case let error as any DescribedError:
            StandardError.write(FailureText(error).text)
            return error is FileWriteError ? .buildFailed : .hostLacksSomething
        case is CancellationError:
            return .interrupted
        default:
            return reportByParser(error)
        }
    }

    /// Help and version are "errors" of the parser too, which go to standard output.
    private static func reportByParser(_ error: any Error) -> ExitStatus {
        var text = RootCommand.fullMessage(for: error)
        if !text.hasSuffix("\n") { text += "\n" }
        guard RootCommand.exitCode(for: error) == .success else {
            StandardError.write(text)
            return .wrongUse
        }
        return StandardOutput.write(text) == nil ? .done : .buildFailed
    }
}

/// A command that does something, for which it may want the environment.
protocol EnvironmentCommand: ParsableCommand {
    /// Does it. Throws a `DescribedError`, or a ``ReportedFailure`` when that was printed.
    func run(in environment: [ByteString: ByteString]) async throws
}

/// `swift-build-image`: builds, unless another command is named.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swift-build-image",
        abstract: "Builds container images from Dockerfiles, without a daemon.",
        usage: "swift-build-image [build] [<options>] <context>\nswift-build-image <command> [<options>]",
        discussion: "Without a command's name it is `build`: swift-build-image . builds the folder it is called in.",
        version: Version.text,
        subcommands: [
            BuildCommand.self, CheckCommand.self, DockerfileCommand.self,
            ImagesCommand.self, InspectCommand.self, HistoryCommand.self, TagCommand.self, RemoveImageCommand.self,
            SaveCommand.self, LoadCommand.self, ImportCommand.self, ImageCommand.self,
            LayersCommand.self, DiffCommand.self, PullCommand.self, PushCommand.self, LoginCommand.self,
            LogoutCommand.self, SearchCommand.self,
            InfoCommand.self, VersionCommand.self,
        ],
        defaultSubcommand: BuildCommand.self
    )
}
