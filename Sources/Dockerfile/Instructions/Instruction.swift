package import Bytes

/// One instruction of a Dockerfile, with where it stands and what it says.
///
/// All words in `kind` are as written: variables are not expanded and quotes not removed, except in flag values,
/// whose quotes the reference takes away when it splits the line.
package struct Instruction: Sendable, Hashable {
    /// The lines of the instruction with its heredocs.
    package let range: SourceRange

    /// The instruction's name in upper case, such as `COPY`.
    package let keyword: String

    /// The instruction's name as it was written, for the checks of letter case.
    package let keywordAsWritten: ByteString

    /// The logical line: continuations joined, comments in between gone, trimmed.
    ///
    /// It is what step names and the history show; heredoc bodies are not part of it.
    package let original: ByteString

    /// The texts of the comments right above, without `#`, trimmed; an empty comment forgets those before it.
    package let comments: [ByteString]

    /// The names of the flags that were given, without dashes, in order of appearance.
    package let usedFlags: [String]

    /// What the instruction says.
    package let kind: InstructionKind
}
