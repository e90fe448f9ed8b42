package import Bytes

/// What an instruction says, by its name (Dockerfile reference, "Overview").
package enum InstructionKind: Sendable, Hashable {
    case from(FromInstruction)
    case run(RunInstruction)
    case copy(CopyInstruction)
    case add(AddInstruction)
    case env([KeyValue])
    case arg([ArgumentDeclaration])
    case workdir(ByteString)
    case user(ByteString)
    case label([KeyValue])
    case cmd(CommandForm)
    case entrypoint(CommandForm)
    /// Port words in byte order, as BuildKit sorts them before it expands and records them.
    case expose([ByteString])
    /// Volume paths, trimmed.
    case volume([ByteString])
    case stopsignal(ByteString)
    /// The words of the JSON array; never empty.
    case shell([ByteString])
    case healthcheck(HealthcheckInstruction)
    indirect case onbuild(OnbuildInstruction)
    case maintainer(ByteString)

    /// The variables that it sets to a value of its own, as written.
    package var valuedNames: [ByteString] {
        switch self {
        case .env(let pairs): pairs.map(\.name)
        case .arg(let declarations): declarations.filter { $0.defaultValue != nil }.map(\.name)
        default: []
        }
    }

    /// The variables that it sets or may set, as written.
    package var variableNames: [ByteString] {
        switch self {
        case .env(let pairs): pairs.map(\.name)
        case .arg(let declarations): declarations.map(\.name)
        default: []
        }
    }
}

/// The two ways to write a command (Dockerfile reference, "Shell and exec form").
package enum CommandForm: Sendable, Hashable {
    /// The strings of a JSON array; may be empty.
    case exec([ByteString])
    /// Text for the shell in force; empty if the instruction had no argument at all.
    case shell(ByteString)

    /// Whether nothing was given: `CMD` alone or `CMD []`.
    package var isEmpty: Bool {
        switch self {
        case .exec(let words): words.isEmpty
        case .shell(let text): text.isEmpty
        }
    }
}

/// A name and a value of ENV or LABEL.
package struct KeyValue: Sendable, Hashable {
    /// The name, not expanded; never empty.
    package let name: ByteString
    /// The value, not expanded, with its quotes.
    package let value: ByteString
    /// Whether it was the old form `ENV name value`, with a blank instead of `=`.
    package let isLegacyForm: Bool
}

/// One name of an ARG instruction, with its default if it has one.
package struct ArgumentDeclaration: Sendable, Hashable {
    /// The name, not expanded.
    package let name: ByteString
    /// The default, not expanded, with its quotes; nil for `ARG NAME`, empty for `ARG NAME=`.
    package let defaultValue: ByteString?
    /// What a comment `# NAME text` right above says about it.
    package let documentation: ByteString?
}
