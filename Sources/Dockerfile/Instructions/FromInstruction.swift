package import Bytes

/// `FROM [--platform=P] BASE [AS NAME]`.
package struct FromInstruction: Sendable, Hashable {
    /// The base image, stage or `scratch`, not expanded.
    package let base: ByteString
    /// The stage's name in lower case; nil without AS.
    package let name: ByteString?
    /// The stage's name as written, for the checks of letter case.
    package let nameAsWritten: ByteString?
    /// The word `AS` as written.
    package let asKeyword: ByteString?
    /// The value of `--platform`, not expanded.
    package let platform: ByteString?
    /// What a comment `# NAME text` right above says about the stage.
    package let documentation: ByteString?
}
