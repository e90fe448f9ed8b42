import Testing

@Suite("Modules")
struct ModuleTests {
    @Test("the package's targets and their imports are those of the table in Docs/Architecture.md")
    func edgesAreThoseOfTheTable() throws {
        let modules = try PackageDescription.load().modules
        let table = try ModuleTable().rows
        #expect(Set(modules.map(\.name)) == Set(table.keys))
        for module in modules {
            #expect(module.imports == table[module.name], "module \(module.name)")
        }
    }

    @Test("no module reaches itself through its imports")
    func edgesGoOneWay() throws {
        let imports = try ModuleTable().rows
        var settled: Set<String> = []
        var isMoving = true
        while isMoving {
            isMoving = false
            for (module, names) in imports where !settled.contains(module) {
                guard names.allSatisfy({ settled.contains($0) || imports[$0] == nil }) else { continue }
                settled.insert(module)
                isMoving = true
            }
        }
        #expect(settled == Set(imports.keys), "what is left is in a circle, or above one")
    }

    @Test("a source file imports only what its target names and the standard libraries")
    func importsAreDeclared() throws {
        let targets = try PackageDescription.load().targets
        let allowed = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.imports) })
        for file in try PackageFolder.swiftFiles(below: "Sources") + PackageFolder.swiftFiles(below: "Tests") {
            let isTest = file.path.hasPrefix("Tests/")
            let standard = ModuleTests.standardModules.union(isTest ? ["Foundation", "Testing"] : [])
            let undeclared = Set(file.imports).subtracting(allowed[file.module] ?? []).subtracting(standard)
            #expect(undeclared.isEmpty, "\(file.path)")
        }
    }

    // Without Foundation: it costs start-up time. `FoundationEssentials` is there for values of GRDB.
    private static let standardModules: Set<String> = ["Glibc", "Synchronization", "FoundationEssentials"]

    @Test("only BuildEngine, and the vocabulary that its face shows, is public")
    func onlyTheFaceIsPublic() throws {
        let open: Set<String> = ["BuildEngine", "Bytes", "OCI", "Dockerfile", "Graph"]
        for file in try PackageFolder.swiftFiles(below: "Sources") where !open.contains(file.module) {
            for line in file.code where line.text.contains("public ") && !line.text.contains("import ") {
                Issue.record("\(file.path):\(line.number) is public")
            }
        }
    }

    @Test("a module has tests: its own, or those named here")
    func modulesHaveTests() throws {
        for module in try PackageDescription.load().modules {
            let folder = ModuleTests.testedBy[module.name] ?? "\(module.name)Tests"
            let tests = PackageFolder.names(in: "Tests/\(folder)").filter { $0.hasSuffix("Tests.swift") }
            #expect(!tests.isEmpty, "\(module.name): Tests/\(folder)")
        }
    }

    /// Modules that do nothing without others: what tests them is the module above, or the whole program.
    private static let testedBy = [
        "CLinux": "SandboxTests",
        "Linux": "StoreTests",
        "Execution": "EndToEndTests",
        "Export": "EndToEndTests",
        "BuildEngine": "EndToEndTests",
        "swift-build-image": "EndToEndTests",
    ]
}
