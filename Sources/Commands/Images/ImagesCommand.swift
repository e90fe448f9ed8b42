internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `images`: the images of the store.
struct ImagesCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List the images of the store.",
        discussion: "Columns, flags and words are those of docker images."
    )

    @Flag(name: [.customLong("all"), .customShort("a")], help: "As without it: there are no intermediate images.")
    var showsAll = false

    @Flag(name: .customLong("digests"), help: "Show digests.")
    var showsDigests = false

    @Option(
        name: [.customLong("filter"), .customShort("f")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Show some images only: dangling, label, label!, before, since, until or reference.",
            valueName: "name=value"
        )
    )
    var filters: [ArgumentValue] = []

    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("table, table TEMPLATE, json, raw, or a Go template.", valueName: "format")
    )
    var format: ArgumentValue?

    @Flag(name: .customLong("no-trunc"), help: "Show ids whole.")
    var showsWholeIDs = false

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print ids only.")
    var isQuiet = false

    @Argument(help: ArgumentHelp("A repository, a name, or a pattern of names.", valueName: "repository[:tag]"))
    var reference: ArgumentValue?

    func run(in environment: [ByteString: ByteString]) async throws {
        var filters = try self.filters.map { try FilterOption($0.bytes).filter }
        if let reference { filters.append(.reference(reference.bytes)) }
        let list = try list()
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        let images = try await engine.images(matching: filters)
        let rows = ImageRows(needsDigests: needsDigests, isTruncated: !showsWholeIDs, shows: list.shows).rows(
            of: images
        )
        try StandardOutput.writeResult(try list.text(of: rows))
    }

    private var needsDigests: Bool {
        showsDigests || format.map { $0.bytes.text.contains("{{.Digest}}") } == true
    }

    private func list() throws -> ListText {
        var format = self.format?.bytes ?? ""
        let isTable = format.isEmpty || format == "table"
        if isQuiet, isTable { format = "{{.ID}}" }
        if isQuiet, format == "raw" { format = "image_id: {{.ID}}" }
        if showsDigests, !isTable, format.hasPrefix("table"), !needsDigestsColumn(format) {
            format += "\t{{.Digest}}"
        }
        let digest: ByteString = showsDigests ? "{{.Digest}}\t" : ""
        let rawDigest: ByteString =
            showsDigests ? "{{ if .Digest }}digest: {{ .Digest }}\n{{ end }}" : ""
        return try ListText(
            format: format,
            table: "{{.Repository}}\t{{.Tag}}\t" + digest
                + "{{.ID}}\t{{if .CreatedSince}}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}",
            headers: ImageRows.headers,
            words: [
                "raw": "repository: {{ .Repository }}\ntag: {{.Tag}}\n" + rawDigest
                    + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n"
            ]
        )
    }

    private func needsDigestsColumn(_ format: ByteString) -> Bool { format.text.contains("{{.Digest}}") }
}
