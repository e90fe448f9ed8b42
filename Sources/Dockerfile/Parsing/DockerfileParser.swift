package import Bytes

/// Reads Dockerfiles as BuildKit does (Dockerfile reference, syntax 1.20).
///
/// ```swift
/// let file = try DockerfileParser.parse(SourceText(name: "Dockerfile", content: bytes))
/// for stage in file.stages { print(stage.base, stage.instructions.count) }
/// ```
package enum DockerfileParser {
    /// The largest file that is read, in bytes: what BuildKit's clients can send in one message.
    package static let sizeLimit = 16 << 20

    /// The largest number of instructions.
    package static let instructionLimit = 100_000

    /// The largest number of words, flags and heredocs of a whole file, which bounds the memory that its parts take.
    package static let wordLimit = 500_000

    /// How many mistakes one error tells.
    private static let errorLimit = 20

    /// A file split into instructions of which nothing has been asked yet.
    package struct Nodes: Sendable {
        /// The instructions in order.
        package var nodes: [InstructionNode] = []
        /// The byte that escapes.
        package var escape: UInt8 = Byte.backslash
        /// What is tolerated and should be told.
        package var warnings: [DockerfileWarning] = []
    }

    /// Reads a whole Dockerfile.
    ///
    /// - Throws: the first mistake, with others of the same file that do not follow from it.
    package static func parse(_ source: SourceText) throws(DockerfileError) -> ParsedDockerfile {
        let dockerfile = try parseLeniently(source)
        if let error = DockerfileError(dockerfile.mistakes) { throw error }
        return dockerfile
    }

    /// Reads a whole Dockerfile as far as it can be read, so that more can be found wrong with the rest.
    ///
    /// - Returns: the file without the instructions that are told in its `mistakes`.
    /// - Throws: like `parse`, where a mistake leaves the stages unclear.
    package static func parseLeniently(_ source: SourceText) throws(DockerfileError) -> ParsedDockerfile {
        try checkEncoding(source)
        var reader = NodeReader(source: source)
        var assembler = StageAssembler(source: source, errorLimit: errorLimit)
        var count = 0
        while true {
            do throws(DockerfileError) {
                guard let node = try reader.next() else { break }
                try checkCount(&count, node, source)
                assembler.add(node)
            } catch {
                guard error.leavesLinesInStep else { throw assembler.throwing(error) }
                assembler.note(error)
            }
        }
        let (metaArguments, stages, mistakes) = try assembler.finish()
        return ParsedDockerfile(
            source: source,
            directives: ParserDirectives(source: source, escape: reader.escape),
            metaArguments: metaArguments,
            stages: stages,
            warnings: reader.warnings,
            mistakes: mistakes
        )
    }

    /// Splits a Dockerfile into instructions with their flags, words and heredocs, without asking what they mean.
    ///
    /// - Throws: for what cannot be split: wrong directives, open heredocs, JSON arrays with other than strings,
    ///   names without values; and for limits.
    package static func parseNodes(_ source: SourceText) throws(DockerfileError) -> Nodes {
        try checkEncoding(source)
        var reader = NodeReader(source: source)
        var result = Nodes()
        var count = 0
        while let node = try reader.next() {
            try checkCount(&count, node, source)
            result.nodes.append(node)
        }
        guard !result.nodes.isEmpty else { throw DockerfileError(.noInstructions, source: source) }
        result.escape = reader.escape
        result.warnings = reader.warnings
        return result
    }

    /// Reads the trigger of a base image's config, which is one instruction.
    ///
    /// - Parameters:
    ///   - trigger: the text, as `OnbuildInstruction.expression` has it.
    ///   - range: the lines to report, which are those of the FROM that brought the trigger.
    /// - Returns: the instruction, with `range` as its place.
    /// - Throws: for what is no instruction, for several, and for ONBUILD, FROM and MAINTAINER. The error's place is
    ///   in the trigger's own text.
    package static func parse(trigger: ByteString, at range: SourceRange) throws(DockerfileError) -> Instruction {
        let source = SourceText(name: "ONBUILD trigger", content: trigger)
        let nodes = try parseNodes(source).nodes
        guard nodes.count == 1, var node = nodes.first else {
            throw DockerfileError(.triggerNotSingle, range: nodes.first?.range, source: source)
        }
        let place = node.range
        node.range = range
        do throws(DockerfileError) {
            if let name = node.name, !name.isAllowedAsTrigger {
                throw DockerfileError(.notAllowedInOnbuild(name.rawValue))
            }
            return try InstructionBuilder.instruction(of: node)
        } catch {
            throw error.located(at: place, in: source)
        }
    }

    private static func checkCount(
        _ count: inout Int,
        _ node: InstructionNode,
        _ source: SourceText
    ) throws(DockerfileError) {
        count += 1
        guard count <= instructionLimit else {
            throw DockerfileError(.tooManyInstructions(limit: instructionLimit), range: node.range, source: source)
        }
    }

    private static func checkEncoding(_ source: SourceText) throws(DockerfileError) {
        let bytes = source.content.bytes
        guard bytes.count <= sizeLimit else {
            throw DockerfileError(.fileTooLarge(bytes: bytes.count, limit: sizeLimit), source: source)
        }
        guard bytes.count >= 2 else { return }
        let isUTF16 =
            bytes[0] == 0xFF && bytes[1] == 0xFE || bytes[0] == 0xFE && bytes[1] == 0xFF
            || bytes[0] == 0 && bytes[1] != 0 || bytes[0] != 0 && bytes[1] == 0 && bytes.count.isMultiple(of: 2)
        if isUTF16 { throw DockerfileError(.encodedAsUTF16, source: source) }
    }
}

extension DockerfileError {
    /// Whether the instructions after the mistake can still be told apart, so that looking for more makes sense.
    fileprivate var leavesLinesInStep: Bool {
        switch reason {
        case .notStringArray, .nameWithoutValue, .missingEquals, .notAllowedInOnbuild: true
        default: false
        }
    }
}
