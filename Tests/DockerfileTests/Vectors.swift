import Foundation

/// The recorded vectors beside the package; empty where they are not there.
enum Vectors {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/vectors").standardizedFileURL

    /// The rows of a file, each with its line number for messages.
    static func rows(_ name: String) -> [(number: Int, json: Data)] {
        guard let data = try? Data(contentsOf: folder.appending(path: name)) else {
            print("no vectors at \(folder.path): \(name) is not tested")
            return []
        }
        return data.split(separator: 0x0A).enumerated().map { ($0.offset + 1, Data($0.element)) }
    }
}
