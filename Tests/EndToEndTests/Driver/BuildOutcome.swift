import Glibc

/// How a build with `--progress=plain` ended, step by step.
struct BuildOutcome {
    /// A step as the plain log tells it.
    struct Step: Equatable {
        /// The instruction, as `RUN make`, or another piece of work such as `exporting layers`.
        var name: String
        /// `CACHED`, `DONE`, `ERROR`, `CANCELED`, or nothing.
        var ending: String
        /// What it printed.
        var output: [String]
    }

    let status: Int32
    let output: String
    let error: String
    let steps: [Step]

    init(_ outcome: Outcome) {
        status = outcome.status
        output = outcome.output
        error = outcome.error
        steps = BuildOutcome.steps(of: outcome.error)
    }

    /// The instructions that were executed, in the log's order.
    var executed: [String] { instructions.filter { $0.ending != "CACHED" }.map(\.name) }

    /// The instructions that were answered by earlier results, in the log's order.
    var cached: [String] { instructions.filter { $0.ending == "CACHED" }.map(\.name) }

    /// What the steps printed, all in one.
    var printed: String { steps.flatMap(\.output).joined(separator: "\n") }

    func mustSucceed() throws -> BuildOutcome {
        guard status == 0 else { throw DriverError("the build failed with exit status \(status):\n\(error)") }
        return self
    }

    /// Without FROM, which is work only where a base is unpacked for the first time.
    private var instructions: [Step] {
        steps.filter { $0.name.first?.isUppercase == true && !$0.name.hasPrefix("FROM ") }
    }

    /// Reads lines such as `#3 [2/4] RUN make`, `#3 0.017 text`, `#3 DONE 0.1s`.
    private static func steps(of log: String) -> [Step] {
        var (order, steps): ([String], [String: Step]) = ([], [:])
        for line in log.split(separator: "\n") where line.first == "#" {
            guard let space = line.firstIndex(of: " ") else { continue }
            let (number, rest) = (String(line[..<space]), line[line.index(after: space)...])
            let word = rest.prefix { $0 != " " }
            if steps[number] == nil {
                order.append(number)
                steps[number] = Step(name: name(of: rest), ending: "", output: [])
            } else if ["CACHED", "DONE", "ERROR:", "CANCELED"].contains(word) {
                steps[number]?.ending = word == "ERROR:" ? "ERROR" : String(word)
            } else if Double(word) != nil {
                steps[number]?.output.append(String(rest.dropFirst(word.count + 1)))
            }
        }
        return order.compactMap { steps[$0] }
    }

    /// The text after the brackets.
    private static func name(of text: Substring) -> String {
        guard text.first == "[", let end = text.firstIndex(of: "]") else { return String(text) }
        return String(text[end...].dropFirst(2))
    }
}
