package import BuildEngine
internal import Bytes

/// How two images differ, for people and for programs.
package struct DifferenceText {
    private let difference: ImageDifference
    private let isColoured: Bool

    /// - Parameters:
    ///   - difference: what is shown.
    ///   - isColoured: whether marks have colours.
    package init(_ difference: ImageDifference, isColoured: Bool) {
        self.difference = difference
        self.isColoured = isColoured
    }

    /// The images, then a line for each difference; ends with a line feed.
    package var text: String {
        var lines = [
            "\(mark(.removed)) \(image(difference.left, difference.layerCounts.left))",
            "\(mark(.added)) \(image(difference.right, difference.layerCounts.right))",
        ]
        if difference.sharedLayers > 0 {
            lines.append("  \(counted(difference.sharedLayers, "layer")) in common")
        }
        if !difference.config.isEmpty { lines += ["", "config"] + difference.config.map(line) }
        if !difference.files.isEmpty { lines += ["", "files"] + difference.files.map(line) }
        lines += ["", summary]
        return lines.joined(separator: "\n") + "\n"
    }

    private func image(_ image: ImageIdentity, _ layers: Int) -> String {
        ImageText.line(image) + ", " + counted(layers, "layer")
    }

    private var summary: String {
        let files = difference.files
        if difference.isEqual { return "no differences" }
        let added = files.count { $0.left == nil }
        let removed = files.count { $0.right == nil }
        return "\(counted(difference.config.count, "field")) of the config, "
            + "\(counted(added, "path")) added, \(files.count - added - removed) changed, \(removed) removed"
    }

    private func counted(_ count: Int, _ noun: String) -> String { Figures.counted(count, noun) }

    private func mark(_ mark: ChangeMark) -> String { mark.text(isColoured: isColoured) }

    // MARK: Config

    private func line(_ field: ImageDifference.Field) -> String {
        let name = field.name + (field.key.map { " " + $0.escaped } ?? "")
        switch (field.left, field.right) {
        case (let left?, let right?): return "  \(mark(.changed)) \(name): \(left.escaped) → \(right.escaped)"
        case (let left?, nil): return "  \(mark(.removed)) \(name)" + value(left)
        case (nil, let right): return "  \(mark(.added)) \(name)" + value(right ?? "")
        }
    }

    private func value(_ value: ByteString) -> String { value.isEmpty ? "" : ": " + value.escaped }

    // MARK: Files

    private func line(_ file: ImageDifference.File) -> String {
        let path = "/" + file.path.escaped
        switch (file.left, file.right) {
        case (let left?, let right?):
            let what = file.aspects.map { text($0, left, right) }.joined(separator: ", ")
            return "  \(mark(.changed)) \(path)\(right.kind == .directory ? "/" : ""): \(what)"
        case (let left?, nil): return "  \(mark(.removed)) \(path)\(end(left))"
        case (nil, let right): return "  \(mark(.added)) \(path)\(right.map(end) ?? "")"
        }
    }

    private func end(_ file: ImageFile) -> String {
        switch file.kind {
        case .directory: "/"
        case .file: " (\(ByteSize.text(file.size)))"
        case .symlink: " -> " + (file.target?.escaped ?? "")
        default: " (\(FileKindText.name(file.kind)))"
        }
    }

    private func text(_ aspect: ImageDifference.Aspect, _ left: ImageFile, _ right: ImageFile) -> String {
        switch aspect {
        case .kind: return "\(FileKindText.name(left.kind)) → \(FileKindText.name(right.kind))"
        case .content where left.size == right.size: return "content"
        case .content: return "content, \(ByteSize.text(left.size)) → \(ByteSize.text(right.size))"
        case .target: return "target \(left.target?.escaped ?? "") → \(right.target?.escaped ?? "")"
        case .device: return "device \(left.device ?? 0) → \(right.device ?? 0)"
        case .mode: return "mode \(FileKindText.octal(left.mode)) → \(FileKindText.octal(right.mode))"
        case .owner: return "owner \(left.uid):\(left.gid) → \(right.uid):\(right.gid)"
        case .xattrs:
            let names = Set(left.xattrs).symmetricDifference(right.xattrs).map(\.name)
            return "attributes " + Set(names).sorted().map(\.escaped).joined(separator: " ")
        }
    }

    /// One JSON document, with everything; ends with a line feed.
    package var json: String {
        let value: JSONValue = [
            "equal": .bool(difference.isEqual),
            "left": ImageText.json(difference.left),
            "right": ImageText.json(difference.right),
            "sharedLayers": .integer(difference.sharedLayers),
            "config": .array(
                difference.config.map { field in
                    var object = JSONObject()
                    object["field"] = .string(field.name)
                    if let key = field.key { object["key"] = .string(key) }
                    object["left"] = field.left.map { .string($0) } ?? .null
                    object["right"] = field.right.map { .string($0) } ?? .null
                    return .object(object)
                }
            ),
            "files": .array(
                difference.files.map { file in
                    let isChanged = file.left != nil && file.right != nil
                    let change = isChanged ? "changed" : file.left == nil ? "added" : "removed"
                    return [
                        "path": .string("/" + file.path),
                        "change": .string(change),
                        "aspects": .array(file.aspects.map { .string($0.rawValue) }),
                        "left": file.left.map { .object(LayerFilesText.json($0)) } ?? .null,
                        "right": file.right.map { .object(LayerFilesText.json($0)) } ?? .null,
                    ]
                }
            ),
        ]
        return String(decoding: value.indented, as: UTF8.self)
    }
}
