package import BuildEngine
internal import Bytes

/// The layers of an image for people and for programs.
package struct LayersText {
    private let layers: ImageLayers
    /// Cells of a line; nil shortens no instruction.
    private let width: Int?

    /// How many of the worst paths people are shown.
    private static let shownPaths = 10

    /// - Parameters:
    ///   - layers: what is shown.
    ///   - width: cells of a line, for which instructions are shortened; nil leaves them whole.
    package init(_ layers: ImageLayers, width: Int?) {
        self.layers = layers
        self.width = width
    }

    /// A line for each layer, lowest first, then what is wasted; ends with a line feed.
    package var text: String {
        var lines = [ImageText.line(layers.image), ""]
        lines += layerLines
        let percent = (layers.efficiency * 1000).rounded(.down) / 10
        let total = layers.layers.reduce(0) { $0 + $1.added.size + $1.changed.size }
        lines += ["", "efficiency \(percent) %: \(ByteSize.text(layers.wasted)) of \(ByteSize.text(total)) are wasted"]
        if !layers.wastedPaths.isEmpty {
            var columns = AlignedColumns([.right, .left])
            columns.add(["WASTED", "PATH"])
            for path in layers.wastedPaths.prefix(Self.shownPaths) {
                columns.add([ByteSize.text(path.size), "/" + path.path.escaped + (path.isDirectory ? "/" : "")])
            }
            lines += [""] + columns.lines
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var layerLines: [String] {
        var columns = AlignedColumns([.right, .right, .right, .right, .right, .right, .right, .left])
        columns.add(["LAYER", "SIZE", "PACKED", "ADDED", "CHANGED", "REMOVED", "WASTED", "INSTRUCTION"])
        for layer in layers.layers {
            columns.add([
                "\(layer.number)", ByteSize.text(layer.plainSize), ByteSize.text(layer.packedSize),
                "\(layer.added.files)", "\(layer.changed.files)", "\(layer.removed.files)",
                ByteSize.text(layer.wasted), InstructionText.text(layer.instruction, cells: nil),
            ])
        }
        return columns.lines.map { line in width.map { DisplayWidth.fitted(line, to: $0) } ?? line }
    }

    /// One JSON document, with everything; ends with a line feed.
    package var json: String {
        let value: JSONValue = [
            "image": ImageText.json(layers.image),
            "size": .integer(layers.plainSize),
            "packedSize": .integer(layers.packedSize),
            "wastedSize": .integer(layers.wasted),
            "efficiency": .number(ByteString("\(layers.efficiency)")),
            "layers": .array(layers.layers.map(LayersText.json)),
            "wasted": .array(
                layers.wastedPaths.map { path in
                    [
                        "path": .string("/" + path.path), "directory": .bool(path.isDirectory),
                        "size": .integer(path.size),
                    ]
                }
            ),
        ]
        return String(decoding: value.indented, as: UTF8.self)
    }

    private static func json(_ layer: ImageLayers.Layer) -> JSONValue {
        [
            "number": .integer(layer.number),
            "instruction": .string(layer.instruction),
            "created": layer.created.map { .string("\($0)") } ?? .null,
            "digest": .string("\(layer.digest)"),
            "diffID": .string("\(layer.diffID)"),
            "size": .integer(layer.plainSize),
            "packedSize": .integer(layer.packedSize),
            "added": json(layer.added),
            "changed": json(layer.changed),
            "removed": json(layer.removed),
            "wastedSize": .integer(layer.wasted),
        ]
    }

    static func json(_ count: ImageLayers.FileCount) -> JSONValue {
        ["files": .integer(count.files), "size": .integer(count.size)]
    }
}

/// Which image something is told of.
enum ImageText {
    /// `app:1 (linux/amd64) sha256:…`.
    static func line(_ image: ImageIdentity) -> String {
        "\(image.word.escaped) (\(image.platform)) \(image.id)"
    }

    static func json(_ image: ImageIdentity) -> JSONValue {
        [
            "name": .string(image.word),
            "names": .array(image.names.map { .string("\($0)") }),
            "id": .string("\(image.id)"),
            "digest": .string("\(image.digest)"),
            "platform": .string("\(image.platform)"),
        ]
    }
}
