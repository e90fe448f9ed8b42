internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// `layers IMAGE`: what each layer brought, and what of it is wasted; `layers IMAGE --files [N]`: the files of layers.
struct LayersCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "layers",
        abstract: "Show what each layer of an image added, changed, removed and wasted.",
        usage: "swift-build-image layers [<options>] <image> [--files [<layer>]]",
        discussion: """
            The image is a name or an id of the store, or an archive or layout: a path that starts with / or ., \
            archive:PATH:NAME for one of several images, or - for standard input. Layers are counted from 1, the lowest.
            """
    )

    @Flag(
        name: .customLong("files"),
        help: "Show the tree of one layer, or of all, with + for added, ~ changed, - removed."
    )
    var showsFiles = false

    @Flag(name: .customLong("no-trunc"), help: "Show whole instructions.")
    var isWhole = false

    @OptionGroup var look: ImageLookOptions

    @Argument(help: ArgumentHelp("The image.", valueName: "image"))
    var image: ArgumentValue

    @Argument(help: ArgumentHelp("With --files: the layer.", valueName: "layer"))
    var layer: ArgumentValue?

    func run(in environment: [ByteString: ByteString]) async throws {
        let isJSON = try look.isJSON
        let platform = try look.platform
        let (location, number) = try words
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        guard showsFiles else {
            let layers = try await engine.layers(of: location, platform: platform)
            let text = LayersText(layers, width: isWhole ? nil : StandardOutput.columns ?? 160)
            return try StandardOutput.writeResult(isJSON ? text.json : text.text)
        }
        let isColoured = StandardOutput.isTerminal && StandardError.wantsColour
        try await engine.files(of: location, layer: number, platform: platform) { files in
            let text = LayerFilesText(files, isColoured: isColoured)
            try StandardOutput.writeResult(isJSON ? text.json : text.text)
        }
    }

    /// The image and the layer, which may stand before it: `--files 3 app:1`.
    private var words: (ImageLocation, Int?) {
        get throws(UsageError) {
            guard let layer else { return (ImageLocation(image.bytes), nil) }
            guard showsFiles else { throw .conflict("a layer is for --files: layers takes one image") }
            if let number = Int(layer.bytes.text) { return (ImageLocation(image.bytes), number) }
            if let number = Int(image.bytes.text) { return (ImageLocation(layer.bytes), number) }
            throw .malformed(flag: "--files", value: layer.bytes, reason: "a layer is a number from 1")
        }
    }
}

/// What commands that look into images have in common.
struct ImageLookOptions: ParsableArguments {
    @Option(
        name: .customLong("format"),
        parsing: .unconditional,
        help: ArgumentHelp("text or json. (default: text)", valueName: "form")
    )
    var format: ArgumentValue?

    @Option(
        name: .customLong("platform"),
        parsing: .unconditional,
        help: ArgumentHelp("Which image of several, such as linux/arm64. (default: this host's)", valueName: "platform")
    )
    var platformText: ArgumentValue?

    /// Whether JSON is asked for.
    var isJSON: Bool {
        get throws(UsageError) {
            switch format?.bytes {
            case nil, "text"?: return false
            case "json"?: return true
            case let other?: throw .malformed(flag: "--format", value: other, reason: "it is text or json")
            }
        }
    }

    /// The platform that is asked for.
    var platform: Platform? {
        get throws(UsageError) {
            guard let text = platformText?.bytes else { return nil }
            do { return try Platform(parsing: text) } catch {
                throw .malformed(flag: "--platform", value: text, reason: error.message)
            }
        }
    }
}
