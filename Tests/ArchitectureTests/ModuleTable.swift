import Foundation

/// The table of edges in Docs/Architecture.md, section "Modules": rows such as `| \`Trees\` | \`Bytes\`, \`OCI\` | … |`.
struct ModuleTable {
    /// What each module may import, by the module's name.
    let rows: [String: Set<String>]

    init() throws { self.init(text: try PackageFolder.text(of: "Docs/Architecture.md")) }

    init(text: String) {
        var rows: [String: Set<String>] = [:]
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix("Modules") } ?? ""
        for line in section.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2 else { continue }
            for name in ModuleTable.names(in: cells[0]) { rows[name] = Set(ModuleTable.names(in: cells[1])) }
        }
        self.rows = rows
    }

    /// The words in backticks.
    private static func names(in cell: String) -> [String] {
        let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
