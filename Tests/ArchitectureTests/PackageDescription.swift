import Foundation
import Synchronization
import Testing

/// What `swift package describe` says of this package.
///
/// It loads the manifest only, with a scratch path of its own: the lock of the build under way is not touched and nothing is resolved.
struct PackageDescription: Decodable, Sendable {
    struct Target: Decodable, Sendable {
        let name: String
        /// `library`, `executable`, `test`, `system-target`.
        let type: String
        let path: String
        let targetDependencies: [String]?
        let productDependencies: [String]?

        var imports: Set<String> { Set((targetDependencies ?? []) + (productDependencies ?? [])) }

        private enum CodingKeys: String, CodingKey {
            case name, type, path
            case targetDependencies = "target_dependencies"
            case productDependencies = "product_dependencies"
        }
    }

    let targets: [Target]

    /// The targets whose code is shipped, test support left out.
    var modules: [Target] { targets.filter { $0.path.hasPrefix("Sources/") && $0.type != "system-target" } }

    /// Loaded once for all tests.
    static func load() throws -> PackageDescription {
        try loaded.withLock { description in
            if let description { return description }
            let read = try JSONDecoder().decode(PackageDescription.self, from: describe())
            description = read
            return read
        }
    }

    private static let loaded = Mutex<PackageDescription?>(nil)

    private static func describe() throws -> Data {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "describe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", PackageFolder.url.path(), "--scratch-path", scratch.path(),
            "describe", "--type", "json",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw DescribeFailed(status: process.terminationStatus) }
        return data
    }
}

/// `swift package describe` ended with an error; what it said is in the test's log.
struct DescribeFailed: Error {
    let status: Int32
}
