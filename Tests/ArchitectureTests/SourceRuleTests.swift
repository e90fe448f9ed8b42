import Testing

@Suite("Source rules")
struct SourceRuleTests {
    @Test("no Swift file is longer than 600 lines", arguments: ["Sources", "Tests"])
    func filesAreShort(_ folder: String) throws {
        let files = try PackageFolder.swiftFiles(below: folder)
        #expect(!files.isEmpty)
        for file in files { #expect(file.lines.count <= 601, "\(file.path)") }
    }

    struct Banned: CustomTestStringConvertible {
        let name: String
        let isIn: @Sendable (String) -> Bool

        var testDescription: String { name }
    }

    @Test(
        "nothing in the sources stops the program on input",
        arguments: [
            Banned(name: "force try") { $0.contains("try!") },
            Banned(name: "forced cast") { $0.contains("as!") },
            Banned(name: "fatalError") { $0.contains("fatalError(") },
            Banned(name: "force unwrap or implicitly unwrapped type") {
                $0.contains("!") && $0.contains(/[\w)\]>?]!(?![=\w])/)
            },
        ]
    )
    func nothingStopsTheProgram(_ banned: Banned) throws {
        for file in try PackageFolder.swiftFiles(below: "Sources") {
            for line in file.code where banned.isIn(line.text) {
                Issue.record("\(file.path):\(line.number): \(line.text)")
            }
        }
    }

    @Test("what the compiler cannot check has its reason in a comment just above or below")
    func uncheckedCodeHasReasons() throws {
        for file in try PackageFolder.swiftFiles(below: "Sources") {
            for line in file.code {
                let isUnchecked = ["@unchecked", "nonisolated(unsafe)", "unsafe "].contains { line.text.contains($0) }
                guard isUnchecked, line.number > 1 else { continue }
                let around = [file.lines[line.number - 2], file.lines[min(line.number, file.lines.count - 1)]]
                #expect(around.contains { $0.contains("//") }, "\(file.path):\(line.number)")
            }
        }
    }

    @Test("lines of code are told from comments and from texts")
    func codeIsToldFromTexts() {
        let file = SwiftFile(
            path: "Sources/Trees/X.swift",
            text: "let a = \"b!\" // c!\nlet t = \"\"\"\n    d!\n    \"\"\"\nlet e = f!\npackage import OCI\n"
        )
        #expect(file.code.map(\.text) == ["let a = \"\" ", "let e = f!", "package import OCI", ""])
        #expect(file.imports == ["OCI"])
        #expect(file.module == "Trees")
    }

    @Test("the table's rows are read with their imports, dashes as none")
    func tableIsRead() {
        let table = ModuleTable(
            text: """
                # A
                ## Modules
                | module | imports | what |
                |---|---|---|
                | `A` | – | `X` is no import |
                | `B` | `A`, `C d` | |
                ## Words
                | `Z` | `A` | |
                """
        )
        #expect(table.rows == ["A": [], "B": ["A", "C d"]])
    }
}
