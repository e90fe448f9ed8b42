package import Bytes

/// What `dockerfile parse --format json` prints: a file as the parser splits it, before its meaning is asked.
package enum NodesDocument {
    /// The file as `{"escape": …, "instructions": […]}`, in the form of the rows of `vectors/parse.jsonl`.
    ///
    /// Members that would be empty are left out, but for `words`.
    package static func json(_ nodes: DockerfileParser.Nodes) -> JSONValue {
        [
            "escape": .string(ByteString([nodes.escape])),
            "instructions": .array(nodes.nodes.map(instruction)),
        ]
    }

    private static func instruction(_ node: InstructionNode) -> JSONValue {
        var object = JSONObject()
        object["lines"] = [.integer(node.range.first), .integer(node.range.last)]
        object["instruction"] = .string(node.keyword.text.uppercased())
        if !node.flags.isEmpty { object["flags"] = .array(node.flags.map { .string($0) }) }
        object["words"] = .array(node.words.map { .string($0) })
        if node.isJSON { object["json"] = true }
        object["trigger"] = node.trigger.first.map(instruction)
        if !node.heredocs.isEmpty { object["heredocs"] = .array(node.heredocs.map(heredoc)) }
        return .object(object)
    }

    private static func heredoc(_ heredoc: Heredoc) -> JSONValue {
        [
            "name": .string(heredoc.name), "expand": .bool(heredoc.isExpanded), "chomp": .bool(heredoc.stripsTabs),
            "content": .string(heredoc.content),
        ]
    }
}
