package import Bytes

/// A whole Dockerfile as instructions.
package struct ParsedDockerfile: Sendable, Hashable {
    /// The text it was read from.
    package let source: SourceText
    /// The parser directives.
    package let directives: ParserDirectives
    /// The ARG instructions before the first FROM, seen by FROM lines only.
    package let metaArguments: [Instruction]
    /// The stages in order; at least one.
    package let stages: [Stage]
    /// What is tolerated and should be told.
    package let warnings: [DockerfileWarning]
    /// What is wrong with instructions that are left out; empty for a file that can be built.
    package let mistakes: [DockerfileError]

    /// The byte that escapes: `\` or a backtick.
    package var escape: UInt8 { directives.escape }
}

/// The directives in the first comment lines (Dockerfile reference, "Parser directives").
package struct ParserDirectives: Sendable, Hashable {
    /// `# syntax=`: the frontend that is asked for.
    package var syntax: ParserDirective?
    /// `# check=`: which checks are skipped and whether they are errors.
    package var check: ParserDirective?
    /// `# escape=`, `\` if not given.
    package var escape: UInt8 = Byte.backslash
}

/// One directive's value and place.
package struct ParserDirective: Sendable, Hashable {
    /// The whole value after `=`, trimmed.
    package let value: ByteString
    /// Its line, 1-based.
    package let line: Int
}

/// Something tolerated, under the name of the build check that reports it.
package struct DockerfileWarning: Sendable, Hashable {
    /// The check's name, such as `NoEmptyContinuation`.
    package let rule: String
    /// One sentence.
    package let message: String
    /// Where.
    package let range: SourceRange
}
