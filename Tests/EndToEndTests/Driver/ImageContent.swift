import Bytes
import OCI

/// What is compared of two images that were built at different times: all but times, and the digests that follow.
struct ImageContent: Equatable {
    /// What tells how a container is started.
    let config: ContainerConfig
    /// Each instruction, and whether it made a layer.
    let history: [String]
    /// For each layer, what is written and removed besides directories.
    let layers: [[String]]
    /// Each file: kind, mode, owner, size, links, content.
    let files: [String]

    init(_ image: ExportedImage) throws {
        config = image.config.config
        history = image.config.history.map { ($0.isEmptyLayer ? "- " : "+ ") + $0.createdBy.text }
        layers = try image.manifest.layers.indices.map { position in
            try image.entries(ofLayer: position).filter { !$0.hasSuffix("/") }.sorted()
        }
        files = try ImageContent.files(in: image.unpacked())
    }

    /// The first differences to another, for the report of a failed test.
    func difference(from other: ImageContent) -> String {
        var result: [String] = []
        if config != other.config { result.append("config: \(config) and \(other.config)") }
        if history != other.history { result.append("history: \(history.difference(from: other.history))") }
        for (position, pair) in zip(layers, other.layers).enumerated() where pair.0 != pair.1 {
            result.append("layer \(position): \(pair.0.difference(from: pair.1))")
        }
        if layers.count != other.layers.count { result.append("\(layers.count) and \(other.layers.count) layers") }
        if files != other.files {
            result.append("files: \(Set(files).symmetricDifference(other.files).sorted().prefix(20))")
        }
        return result.joined(separator: "\n")
    }

    private static func files(in root: String) throws -> [String] {
        let script = """
            cd "$1" && find . -printf '%P %y %m %U %G %l ' \\( -type f -printf '%s %n' -o -true \\) -printf '\\n' | sort
            find . -type f -print0 | sort -z | xargs -0 sha256sum
            """
        return try run("sh", "-c", script, "sh", root).output.split(separator: "\n").map(String.init)
    }
}
