import Bytes
import Dockerfile

/// Parses a Dockerfile given as text.
func parse(_ text: String) throws(DockerfileError) -> ParsedDockerfile {
    try DockerfileParser.parse(SourceText(content: ByteString(text)))
}

/// What the instruction says that stands alone after `FROM scratch`.
func instruction(_ text: String) throws -> Instruction {
    let instructions = try parse("FROM scratch\n" + text).stages[0].instructions
    return try only(instructions)
}

/// The error that parsing throws; nil if it throws none.
func parseError(_ text: String) -> DockerfileError? {
    do {
        _ = try parse(text)
        return nil
    } catch {
        return error
    }
}

/// The only element.
func only<Element>(_ elements: [Element]) throws -> Element {
    guard elements.count == 1, let element = elements.first else { throw WrongShape(found: elements.count) }
    return element
}

/// A test looked at something of another shape.
struct WrongShape: Error {
    var found = 0
}

extension Instruction {
    /// What RUN says.
    func run() throws -> RunInstruction {
        guard case .run(let run) = kind else { throw WrongShape() }
        return run
    }

    /// What COPY says.
    func copy() throws -> CopyInstruction {
        guard case .copy(let copy) = kind else { throw WrongShape() }
        return copy
    }

    /// What ADD says.
    func add() throws -> AddInstruction {
        guard case .add(let add) = kind else { throw WrongShape() }
        return add
    }

    /// What ONBUILD says.
    func onbuild() throws -> OnbuildInstruction {
        guard case .onbuild(let onbuild) = kind else { throw WrongShape() }
        return onbuild
    }
}
