internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import Reports

/// `search TERM`: asks a registry for repositories.
struct SearchCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Search a registry for images, where it answers searches. (Docker Hub does)"
    )

    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp("How many hits at most, 1 to 100.", valueName: "count")
    )
    var limit = 25

    @Flag(name: .customLong("no-trunc"), help: "Show descriptions whole.")
    var showsAll = false

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("What to search for; REGISTRY/WORD asks that registry.", valueName: "term"))
    var term: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        guard (1...100).contains(limit) else {
            throw UsageError.malformed(flag: "--limit", value: ByteString("\(limit)"), reason: "it is 1 to 100")
        }
        let options = registries.engineOptions(in: environment)
        let hits = try await Engine.search(term.bytes.text, limit: limit, options: options)
        let rows = hits.map { hit in
            [hit.name, shortened(hit.description), "\(hit.stars)", hit.isOfficial ? "[OK]" : ""]
        }
        try StandardOutput.writeResult(rows.map { $0.joined(separator: "\t") + "\n" }.joined())
    }

    private func shortened(_ description: String) -> String {
        let line = description.split(whereSeparator: \.isNewline).joined(separator: " ")
        return showsAll || line.count <= 45 ? line : line.prefix(44) + "…"
    }
}
