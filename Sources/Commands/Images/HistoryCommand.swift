internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `history`: how an image came to be.
struct HistoryCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show how an image came to be, the newest step first."
    )

    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("table, table TEMPLATE, json, or a Go template.", valueName: "format")
    )
    var format: ArgumentValue?

    @Flag(name: [.customLong("human"), .customShort("H")], help: "Show ages and sizes for people. (default)")
    var isHuman = false

    @Flag(name: .customLong("no-human"), help: .hidden)
    var isExact = false

    @Flag(name: .customLong("no-trunc"), help: "Show ids and instructions whole.")
    var showsWhole = false

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print ids only.")
    var isQuiet = false

    @Argument(help: ArgumentHelp("A name or an id.", valueName: "image"))
    var image: ArgumentValue

    private static let headers: [ByteString: String] = [
        "ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY", "Size": "SIZE",
        "Comment": "COMMENT",
    ]

    func run(in environment: [ByteString: ByteString]) async throws {
        var format = self.format?.bytes ?? ""
        if isQuiet, format.isEmpty || format == "table" { format = "{{.ID}}" }
        let age: ByteString =
            isExact ? "{{.CreatedAt}}" : "{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}"
        let list = try ListText(
            format: format,
            table: "{{.ID}}\t" + age + "\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
            headers: HistoryCommand.headers
        )
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let now = HumanFigures.now
        let rows = try await engine.history(image.bytes).map { GoValue.structure(line($0, now)) }
        try StandardOutput.writeResult(try list.text(of: rows))
    }

    private func line(_ row: HistoryRow, _ now: Timestamp) -> GoStructure {
        let size = row.size.map { isExact ? String($0) : HumanFigures.size($0) }
        return GoStructure(
            "*formatter.historyContext",
            [
                .init("Comment", .text(shown(row.entry.comment))),
                .init("CreatedAt", .text(row.entry.created.map { $0.wholeSeconds } ?? "0001-01-01T00:00:00Z")),
                .init("CreatedBy", .text(createdBy(row.entry))),
                .init("CreatedSince", .text(age(of: row.entry.created, at: now))),
                .init("ID", .text(row.id.map { ImageRows.id($0, isTruncated: !showsWhole) } ?? "<missing>")),
                .init("Size", .text(size ?? "N/A")),
            ]
        )
    }

    /// Docker takes a time before the year 2000 for none: reproducible builds set such.
    private func age(of time: Timestamp?, at now: Timestamp) -> String {
        guard let time, time.seconds > 946_684_800 else { return "N/A" }
        return HumanFigures.age(of: time, at: now)
    }

    private func createdBy(_ entry: HistoryEntry) -> String {
        let text = String(shown(entry.createdBy).map { $0 == "\t" ? " " : $0 })
        return showsWhole ? text : HumanFigures.shortened(text, to: 45)
    }

    /// What others wrote must not drive a terminal.
    private func shown(_ text: ByteString) -> String {
        StandardOutput.isTerminal ? SafeText.message(text.text) : text.text
    }
}

extension Timestamp {
    /// RFC 3339 without a fraction.
    fileprivate var wholeSeconds: String { String(text.text.prefix(19)) + "Z" }
}
