package import Bytes

/// An instruction split into flags and words, before anything is asked of its meaning: the form of a row of
/// `vectors/parse.jsonl` and of `dockerfile parse`.
package struct InstructionNode: Sendable, Hashable {
    /// The lines with heredocs; 0 to 0 for a trigger, which has no lines of its own.
    package var range: SourceRange
    /// The instruction's name as written; empty for a line of only an escape character.
    package var keyword: ByteString
    /// Which instruction that is; nil if there is none of the name.
    var name: InstructionName?
    /// The joined logical line, not trimmed.
    package var line: ByteString
    /// Words that begin with `--`, quotes removed.
    package var flags: [ByteString]
    /// The arguments, split as the instruction wants it.
    ///
    /// ENV and LABEL: name, value, separator (`=` or empty) for each pair. ARG: `name` or `name=value`. Exec forms:
    /// the JSON strings. Shell forms: one text. HEALTHCHECK: its type, then the command. Others: words.
    package var words: [ByteString]
    /// Whether the words come from a JSON array.
    package var isJSON: Bool
    /// The instruction inside ONBUILD.
    package var trigger: [InstructionNode]
    /// The heredocs in order.
    package var heredocs: [Heredoc]
    /// The comments right above.
    package var comments: [ByteString]
}
