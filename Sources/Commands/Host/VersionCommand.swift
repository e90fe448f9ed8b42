internal import ArgumentParser
internal import Bytes

/// What this program is.
enum Version {
    /// The release, by semantic versioning.
    static let number = "0.1.0"

    /// One line for people.
    static let text = "swift-build-image \(number)"
}

/// `version`.
struct VersionCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the program's version.")

    func run(in environment: [ByteString: ByteString]) async throws {
        try StandardOutput.writeResult(Version.text + "\n")
    }
}
