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

    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("table, json, or a template of Go's.", valueName: "template")
    )
    var format: ArgumentValue?

    @OptionGroup var registries: RegistryOptions

    @Argument(help: ArgumentHelp("What to search for; REGISTRY/WORD asks that registry.", valueName: "term"))
    var term: ArgumentValue

    private static let headers: [ByteString: String] = [
        "Name": "NAME", "Description": "DESCRIPTION", "StarCount": "STARS", "IsOfficial": "OFFICIAL",
    ]

    func run(in environment: [ByteString: ByteString]) async throws {
        guard (1...100).contains(limit) else {
            throw UsageError.malformed(flag: "--limit", value: ByteString("\(limit)"), reason: "it is 1 to 100")
        }
        let list = try ListText(
            format: format?.bytes,
            table: "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
            headers: Self.headers
        )
        let options = registries.engineOptions(in: environment)
        let hits = try await Engine.search(term.bytes.text, limit: limit, options: options)
        try StandardOutput.writeResult(try list.text(of: hits.map { .structure(line($0)) }))
    }

    private func line(_ hit: SearchHit) -> GoStructure {
        GoStructure(
            "*formatter.searchContext",
            [
                .init("Description", .text(described(hit.description))),
                .init("IsOfficial", .text(hit.isOfficial ? "[OK]" : "")),
                .init("Name", .text(hit.name)),
                .init("StarCount", .text("\(hit.stars)")),
            ]
        )
    }

    private func described(_ text: String) -> String {
        let line = SafeText.message(text.split(whereSeparator: \.isNewline).joined(separator: " "))
        return showsAll ? line : HumanFigures.shortened(line, to: 45)
    }
}
