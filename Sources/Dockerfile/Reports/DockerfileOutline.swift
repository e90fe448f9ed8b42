package import Bytes

/// What a target takes: its arguments, secrets and agents, as `--call=outline` lists them (BuildKit,
/// `frontend/subrequests/outline`).
package struct DockerfileOutline: Sendable, Hashable {
    /// A build argument.
    package struct Argument: Sendable, Hashable {
        package let name: ByteString
        /// What the comment `# NAME text` above it says.
        package let description: ByteString?
        /// The value that it has; nil if it has none.
        package let value: ByteString?
        package let range: SourceRange
    }

    /// A secret or an agent's socket.
    package struct Mount: Sendable, Hashable {
        /// Its id.
        package let name: ByteString
        /// Whether the build fails without it.
        package let isRequired: Bool
        package let range: SourceRange
    }

    /// The target's name; nil without AS.
    package let name: ByteString?
    /// What the comment `# NAME text` above the stage says.
    package let description: ByteString?
    /// The arguments of the target and of all it stands on, by line.
    package let arguments: [Argument]
    /// The secrets, by line.
    package let secrets: [Mount]
    /// The agents, by line.
    package let agents: [Mount]
    /// The cache mounts, by line; their names are their ids.
    package let caches: [Mount]
    /// The text all that is in.
    package let source: SourceText

    /// Lists what the request's target takes; nil if there is no such stage.
    package init?(_ request: CheckRequest) {
        var walk = OutlineWalk(request)
        guard let index = walk.target else { return nil }
        let stage = request.dockerfile.stages[index]
        walk.run(to: index)
        name = stage.name
        description = stage.source.documentation
        arguments = walk.collect(\.listedArguments, from: index, name: \.name, range: \.range)
        secrets = walk.collect(\.secrets, from: index, name: \.name, range: \.range)
        agents = walk.collect(\.agents, from: index, name: \.name, range: \.range)
        caches = walk.collect(\.caches, from: index, name: \.name, range: \.range)
        source = request.dockerfile.source
    }

    /// Tables for people.
    package var text: String {
        var text = ""
        if name != nil || description != nil {
            var rows = [["TARGET:", name?.escaped ?? "(default)"]]
            if let description { rows.append(["DESCRIPTION:", description.escaped]) }
            text += TextTable.text(rows, gap: 1) + "\n"
        }
        if !arguments.isEmpty {
            let rows = arguments.map { [$0.name, $0.value ?? "", $0.description ?? ""].map(\.escaped) }
            text += TextTable.text([["BUILD ARG", "VALUE", "DESCRIPTION"]] + rows, gap: 3) + "\n"
        }
        for (title, mounts) in [("SECRET", secrets), ("SSH", agents)] where !mounts.isEmpty {
            let rows = mounts.map { [$0.name.escaped, $0.isRequired ? "true" : ""] }
            text += TextTable.text([[title, "REQUIRED"]] + rows, gap: 3) + "\n"
        }
        return text
    }

    /// The form of buildx's `--call=outline,format=json`.
    package var json: JSONValue {
        var document = JSONObject()
        document["name"] = name.map { .string($0) }
        document["description"] = description.map { .string($0) }
        if !arguments.isEmpty { document["args"] = .array(arguments.map(Self.json)) }
        if !secrets.isEmpty { document["secrets"] = .array(secrets.map { Self.json($0, "name") }) }
        if !agents.isEmpty { document["ssh"] = .array(agents.map { Self.json($0, "name") }) }
        if !caches.isEmpty { document["cache"] = .array(caches.map { Self.json($0, "ID") }) }
        document["sources"] = [SourceLocation.base64(source.content)]
        return .object(document)
    }

    private static func json(_ argument: Argument) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(argument.name)
        object["description"] = argument.description.map { .string($0) }
        if let value = argument.value, !value.isEmpty { object["value"] = .string(value) }
        object["location"] = SourceLocation.json(argument.range)
        return .object(object)
    }

    private static func json(_ mount: Mount, _ name: ByteString) -> JSONValue {
        var object = JSONObject()
        object[name] = .string(mount.name)
        if mount.isRequired { object["required"] = true }
        object["location"] = SourceLocation.json(mount.range)
        return .object(object)
    }
}
