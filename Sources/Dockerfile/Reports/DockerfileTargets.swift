package import Bytes

/// The stages that can be asked for with `--target`, as `--call=targets` lists them (BuildKit,
/// `frontend/subrequests/targets`).
package struct DockerfileTargets: Sendable, Hashable {
    /// One stage.
    package struct Target: Sendable, Hashable {
        /// Its name; nil without AS.
        package let name: ByteString?
        /// Whether it is built when nothing is asked for.
        package let isDefault: Bool
        /// What the comment `# NAME text` above it says.
        package let description: ByteString?
        /// The base, not expanded.
        package let base: ByteString
        /// The value of `--platform`, not expanded.
        package let platform: ByteString?
        /// The lines of FROM.
        package let range: SourceRange
    }

    /// The stages in order.
    package let targets: [Target]
    /// The text they are in.
    package let source: SourceText

    package init(_ dockerfile: ParsedDockerfile) {
        source = dockerfile.source
        targets = dockerfile.stages.map { stage in
            Target(
                name: stage.name,
                isDefault: stage.index == dockerfile.stages.count - 1,
                description: stage.source.documentation,
                base: stage.base,
                platform: stage.platform,
                range: stage.from.range
            )
        }
    }

    /// A table for people.
    package var text: String {
        let rows = targets.map { target -> [String] in
            let name = target.name?.escaped ?? ""
            let mark = target.isDefault ? (name.isEmpty ? "(default)" : " (default)") : ""
            return [name + mark, target.description?.escaped ?? ""]
        }
        return TextTable.text([["TARGET", "DESCRIPTION"]] + rows, gap: 1)
    }

    /// The form of buildx's `--call=targets,format=json`.
    package var json: JSONValue {
        var limit = SourceLocation.lineLimit
        let list = targets.map { target -> JSONValue in
            var object = JSONObject()
            object["name"] = target.name.map { .string($0) }
            if target.isDefault { object["default"] = true }
            object["description"] = target.description.map { .string($0) }
            object["base"] = .string(target.base)
            object["platform"] = target.platform.map { .string($0) }
            object["location"] = SourceLocation.json(target.range, limit: &limit)
            return .object(object)
        }
        return ["targets": .array(list), "sources": [SourceLocation.base64(source.content)]]
    }
}
