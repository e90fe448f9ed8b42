package import BuildEngine

/// Sections of names and values, the values in one column.
package struct SectionText: Sendable {
    private let sections: [HostReport.Section]

    /// - Parameter sections: what is shown, in order.
    package init(sections: [HostReport.Section]) { self.sections = sections }

    /// The text, which ends with a line feed.
    package var text: String {
        let width = sections.flatMap(\.rows).map { DisplayWidth.of($0.name) }.max() ?? 0
        return sections.map { section in
            let rows = section.rows.map { row in
                let blanks = String(repeating: " ", count: width - DisplayWidth.of(row.name))
                return "  \(row.name)\(blanks)  \(SafeText.message(row.value))\n"
            }
            return section.title + "\n" + rows.joined()
        }.joined(separator: "\n")
    }
}
