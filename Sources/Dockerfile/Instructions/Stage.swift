package import Bytes

/// A build stage: a FROM and what follows it.
package struct Stage: Sendable, Hashable {
    /// The stage's number, from 0.
    package let index: Int
    /// The FROM instruction.
    package let from: Instruction
    /// What FROM says.
    package let source: FromInstruction
    /// The instructions after FROM in order.
    package let instructions: [Instruction]
    /// Whether instructions are left out of it because they cannot be read.
    package let hasMistakes: Bool

    /// The name in lower case; nil without AS.
    package var name: ByteString? { source.name }
    /// The base image, stage or `scratch`, not expanded.
    package var base: ByteString { source.base }
    /// The value of `--platform`, not expanded.
    package var platform: ByteString? { source.platform }

    /// The lines from FROM to the last instruction.
    package var range: SourceRange {
        SourceRange(first: from.range.first, last: instructions.last?.range.last ?? from.range.last)
    }
}
