package import BuildEngine
internal import Bytes

/// The tree of one layer with marks for what was added, changed and removed.
package struct LayerFilesText {
    private let files: LayerFiles
    private let isColoured: Bool

    /// - Parameters:
    ///   - files: what is shown.
    ///   - isColoured: whether marks have colours.
    package init(_ files: LayerFiles, isColoured: Bool) {
        self.files = files
        self.isColoured = isColoured
    }

    /// A heading, and a line for each path under the directories that lead to it; ends with a line feed.
    package var text: String {
        var text = "layer \(files.number): \(InstructionText.text(files.instruction, cells: nil))\n"
        let owners = files.changes.map { DisplayWidth.of(LayerFilesText.owner($0)) }.max() ?? 0
        var shown: [ByteString] = []
        for change in files.changes {
            let components = change.path.isEmpty ? [] : change.path.split(separator: 0x2F)
            let common = zip(shown, components).prefix { $0 == $1 }.count
            for depth in common..<max(common, components.count - 1) {
                text += String(repeating: " ", count: 23 + owners) + name(components[depth], depth, "/") + "\n"
            }
            shown = components
            text += line(change, owners, components) + "\n"
        }
        return text
    }

    private func line(_ change: LayerFiles.Change, _ owners: Int, _ components: [ByteString]) -> String {
        let mark: ChangeMark =
            switch change.mark {
            case .added: .added
            case .changed: .changed
            case .removed: .removed
            }
        let owner = LayerFilesText.owner(change)
        let size = change.mark == .removed ? change.removed.size : change.file.size
        let hasSize = change.file.kind == .file || change.mark == .removed
        let sizeText = hasSize ? ByteSize.text(size) : ""
        var end = change.file.kind == .directory ? "/" : ""
        if let target = change.file.target { end = " -> " + target.escaped }
        if change.mark == .removed, change.file.kind == .directory { end += " (\(count(change.removed.files)))" }
        if change.mark != .removed, let former = change.formerKind { end += " (was a \(FileKindText.name(former)))" }
        let permissions = FileKindText.permissions(change.file.kind, change.file.mode)
        let head = [
            mark.text(isColoured: isColoured), permissions, padded(owner, owners), padded(sizeText, 7),
        ].joined(separator: " ")
        guard let last = components.last else { return head + "  /" }
        return head + "  " + name(last, components.count - 1, end)
    }

    private func count(_ files: Int) -> String { files == 1 ? "1 file" : "\(files) files" }

    private func name(_ name: ByteString, _ depth: Int, _ end: String) -> String {
        String(repeating: "  ", count: depth) + name.escaped + end
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - DisplayWidth.of(text))) + text
    }

    private static func owner(_ change: LayerFiles.Change) -> String { "\(change.file.uid):\(change.file.gid)" }

    /// One JSON object on one line; ends with a line feed.
    package var json: String {
        let value: JSONValue = [
            "number": .integer(files.number),
            "instruction": .string(files.instruction),
            "files": .array(files.changes.map(LayerFilesText.json)),
        ]
        return String(decoding: value.compact, as: UTF8.self) + "\n"
    }

    private static func json(_ change: LayerFiles.Change) -> JSONValue {
        var object = JSONObject()
        object["path"] = .string("/" + change.path)
        object["change"] = .string(change.mark.rawValue)
        for member in json(change.file).members { object[member.name] = member.value }
        if let former = change.formerKind { object["formerKind"] = .string(FileKindText.name(former)) }
        if change.mark == .removed { object["removed"] = LayersText.json(change.removed) }
        return .object(object)
    }

    static func json(_ file: ImageFile) -> JSONObject {
        var object = JSONObject()
        object["kind"] = .string(FileKindText.name(file.kind))
        if file.kind == .file { object["size"] = .integer(file.size) }
        object["mode"] = .string(FileKindText.octal(file.mode))
        object["uid"] = .integer(file.uid)
        object["gid"] = .integer(file.gid)
        if let target = file.target { object["target"] = .string(target) }
        if let device = file.device { object["device"] = .integer(device) }
        if !file.xattrs.isEmpty {
            object["xattrs"] = .array(file.xattrs.map { ["name": .string($0.name), "value": .string(hex($0.value))] })
        }
        return object
    }

    /// Values of attributes are seldom text.
    private static func hex(_ value: ByteString) -> String {
        value.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
