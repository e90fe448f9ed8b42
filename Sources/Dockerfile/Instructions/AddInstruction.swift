package import Bytes

/// `ADD [FLAGS] SOURCE… DESTINATION`.
package struct AddInstruction: Sendable, Hashable {
    /// The source words in order (paths, URLs, git repositories), not expanded, without the heredocs.
    package let sources: [ByteString]
    /// The heredoc sources in order.
    package let inlineFiles: [InlineFile]
    /// The destination, not expanded.
    package let destination: ByteString
    /// `--chown`, not expanded.
    package let chown: ByteString?
    /// `--chmod`, not expanded.
    package let chmod: ByteString?
    /// `--link`.
    package let isLinked: Bool
    /// `--exclude` patterns in order, in which BuildKit expands no variables.
    package let excludes: [ByteString]
    /// `--checksum`, not expanded.
    package let checksum: ByteString?
    /// `--keep-git-dir`; nil if not given.
    package let keepsGitDirectory: Bool?
    /// `--unpack`; nil if not given: then local archives are unpacked and downloads are not.
    package let unpacks: Bool?
}
