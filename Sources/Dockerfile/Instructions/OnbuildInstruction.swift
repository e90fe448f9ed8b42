package import Bytes

/// `ONBUILD INSTRUCTION`: stored in the image's config and run by the first build from that image.
package struct OnbuildInstruction: Sendable, Hashable {
    /// The trigger's text as the config stores it, heredocs written out.
    package let expression: ByteString
    /// The trigger's name in upper case.
    package let keyword: String
    /// The trigger as an instruction; nil if it could not be one, which only the build that runs it reports.
    package let instruction: Instruction?
}
