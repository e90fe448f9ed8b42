package import Bytes

/// A file whose content stands in the Dockerfile as a heredoc.
package struct InlineFile: Sendable, Hashable {
    /// The file's name: the heredoc's.
    package let name: ByteString
    /// The content, tabs already stripped for `<<-`, variables not expanded.
    package let content: ByteString
    /// Whether variables in the content are to be expanded (quotes are not processed then).
    package let isExpanded: Bool
}

/// `COPY [FLAGS] SOURCE… DESTINATION`.
package struct CopyInstruction: Sendable, Hashable {
    /// The source words in order, not expanded, without the heredocs.
    package let sources: [ByteString]
    /// The heredoc sources in order.
    package let inlineFiles: [InlineFile]
    /// The destination, not expanded.
    package let destination: ByteString
    /// `--from`: a stage, a number, a named context or an image; not expanded.
    package let from: ByteString?
    /// `--chown`, not expanded.
    package let chown: ByteString?
    /// `--chmod`, not expanded.
    package let chmod: ByteString?
    /// `--link`.
    package let isLinked: Bool
    /// `--parents`.
    package let keepsParents: Bool
    /// `--exclude` patterns in order, in which BuildKit expands no variables.
    package let excludes: [ByteString]
}
