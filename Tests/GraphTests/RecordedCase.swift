import Bytes
import Foundation
import Testing

/// A case of the recorded ones beside the package: its head, its Dockerfile, and what BuildKit's image had.
struct RecordedCase: Sendable, CustomTestStringConvertible {
    let name: String
    let head: [String: String]
    let files: [String: [UInt8]]
    let golden: [UInt8]?

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/conformance/cases").standardizedFileURL

    /// All cases of all areas; none, with the reason printed, where they are not there.
    static let all: [RecordedCase] = {
        guard let areas = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            print("no recorded cases at \(folder.path): they are not compared")
            return []
        }
        return areas.sorted().flatMap { area -> [RecordedCase] in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: area).path)) ?? []
            return files.filter { $0.hasSuffix(".case") }.sorted().compactMap { read(area, String($0.dropLast(5))) }
        }
    }()

    private static func read(_ area: String, _ name: String) -> RecordedCase? {
        let path = folder.appending(path: area).appending(path: name)
        guard let text = try? Data(contentsOf: path.appendingPathExtension("case")) else { return nil }
        var head: [String: String] = [:]
        var files: [String: [UInt8]] = [:]
        var current: String?
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let start = String(decoding: line.prefix(200), as: UTF8.self).trimmingCharacters(in: ["\r"])
            if start.hasPrefix("-- "), start.hasSuffix(" --") {
                current = String(start.dropFirst(3).dropLast(3))
                files[current ?? ""] = []
            } else if let current {
                files[current, default: []] += Array(line) + [0x0A]
            } else if let colon = start.firstIndex(of: ":"), !start.hasPrefix("#") {
                head[String(start[..<colon])] = start[start.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        // The last line feed of the text was split off as an empty line.
        for (name, content) in files where name == current { files[name] = Array(content.dropLast()) }
        let golden = try? Data(contentsOf: path.appendingPathExtension("golden.json"))
        return RecordedCase(name: area + "/" + name, head: head, files: files, golden: golden.map { Array($0) })
    }

    /// The words of `args:`, with `--flag value` and `--flag=value` made pairs.
    var flags: [(name: String, value: String)] {
        var result: [(String, String)] = []
        var words = (head["args"] ?? "").split(separator: " ").map(String.init)[...]
        while let word = words.popFirst() {
            if let equals = word.firstIndex(of: "="), word.hasPrefix("--") {
                result.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
            } else {
                result.append((word, words.popFirst() ?? ""))
            }
        }
        return result
    }

    /// The Dockerfile; nil where a script would have to run to make it.
    var dockerfile: ByteString? {
        if let script = files["setup.sh"], ByteString(script).text.contains("> Dockerfile") { return nil }
        let name = flags.first { $0.name == "-f" }?.value ?? "Dockerfile"
        return files[name].map { ByteString($0) }
    }
}
