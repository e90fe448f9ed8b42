internal import ArgumentParser
internal import Bytes
internal import Reports

/// The whole program: from the arguments to the exit code.
package enum Program {
    /// Runs the command that the process was started with.
    ///
    /// - Returns: the exit code; everything has been printed.
    package static func run() async -> Int32 {
        await run(ProcessArguments.words, environment: ProcessArguments.environment).rawValue
    }

    static func run(_ words: [ByteString], environment: [ByteString: ByteString]) async -> ExitStatus {
        do {
            let words = try CommandWords(words).normalized.map(ArgumentText.string)
            var command = try RootCommand.parseAsRoot(words)
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

    /// Prints an error.
    static func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let error as ReportedFailure:
            return error.status
        case let error as UsageError:
            StandardError.write(FailureText(error).text)
            return .wrongUse
        case let error as any DescribedError:
            // What fails before a build begins is the host: the state root, or a file that cannot be written.
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
        let text = RootCommand.fullMessage(for: error)
        guard RootCommand.exitCode(for: error) == .success else {
            StandardError.write(text + "\n")
            return .wrongUse
        }
        return StandardOutput.write(text + "\n") == nil ? .done : .buildFailed
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
        discussion: "Without a command's name it is `build`: swift-build-image . builds the folder it is called in.",
        version: Version.text,
        subcommands: [BuildCommand.self, InfoCommand.self, VersionCommand.self],
        defaultSubcommand: BuildCommand.self
    )
}
