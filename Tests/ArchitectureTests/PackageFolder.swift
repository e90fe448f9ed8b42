import Foundation
import Testing

/// The package's own folder, found from where this file was compiled.
enum PackageFolder {
    static let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The names in a folder of the package, sorted; none if there is no such folder.
    static func names(in folder: String) -> [String] {
        let path = url.appending(path: folder).path()
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: url.appending(path: path), encoding: .utf8)
    }

    /// All Swift files below a folder of the package, by path from the package's folder.
    static func swiftFiles(below folder: String) throws -> [SwiftFile] {
        let found = FileManager.default.enumerator(atPath: url.appending(path: folder).path())
        let paths = (found?.allObjects ?? []).compactMap { $0 as? String }
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            SwiftFile(path: "\(folder)/\(path)", text: try text(of: "\(folder)/\(path)"))
        }
    }
}

/// A source file of the package.
struct SwiftFile: CustomTestStringConvertible {
    /// From the package's folder.
    let path: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    var testDescription: String { path }

    /// The module whose folder the file is in.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules that the file imports.
    var imports: [String] {
        lines.compactMap { line in
            guard line.contains("import "), let match = line.firstMatch(of: SwiftFile.importLine) else { return nil }
            return String(match.output.1)
        }
    }

    /// Each line with its number, as far as it is code: no comments, and strings without their text.
    var code: [(number: Int, text: String)] {
        var isInText = false
        return lines.enumerated().compactMap { index, line in
            let marks = line.ranges(of: "\"\"\"").count
            defer { if marks % 2 == 1 { isInText.toggle() } }
            guard !isInText, marks == 0 else { return nil }
            var text = line
            if text.contains("\"") { text = text.replacing(SwiftFile.stringLiteral, with: "\"\"") }
            if text.contains("//") { text = text.replacing(SwiftFile.comment, with: "") }
            return (index + 1, String(text))
        }
    }

    // A regex is not marked Sendable; these never change and hold no state.
    private nonisolated(unsafe) static let importLine =
        /^(?:@\w+\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|let|var|typealias)\s+)?(\w+)/
    private nonisolated(unsafe) static let stringLiteral = /"(?:[^"\\]|\\.)*"/
    private nonisolated(unsafe) static let comment = /\/\/.*/
}
