internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Reports

/// `info`: what this host can do for a build, and what the engine makes of it.
struct InfoCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show how steps are isolated here and why, what the kernel can do, and where the state is."
    )

    func run(in environment: [ByteString: ByteString]) async throws {
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let program = HostReport.Section(
            title: "Program",
            rows: [
                HostReport.Row(name: "version", value: Version.number),
                HostReport.Row(name: "state root", value: engine.stateRoot.escaped),
            ]
        )
        let text = SectionText(sections: [program] + engine.hostReport().sections).text
        try StandardOutput.writeResult(text)
    }
}
