package import Dockerfile

/// What is wrong with a Dockerfile and with what it names, found in one go.
package struct LoweringFailure: Error {
    /// Mistakes of the file that do not follow from each other, in its order.
    package let mistakes: [any LocatedError]
    /// The first input that could not be had; others were not asked for.
    package let input: InputFailure?

    package init(mistakes: [any LocatedError], input: InputFailure? = nil) {
        self.mistakes = mistakes.enumerated().sorted { first, second in
            (first.element.range?.first ?? 0, first.offset) < (second.element.range?.first ?? 0, second.offset)
        }.map(\.element)
        self.input = input
    }
}

/// An input that FROM or `--from` names and that could not be had, with its place.
package struct InputFailure: Error {
    package let underlying: any Error
    /// What was probably meant, as a remedy.
    package let suggestion: String?
    package let range: SourceRange
    package let source: SourceText
}

/// Collects mistakes while lowering goes on behind them.
struct LoweringMistakes {
    /// How many are told.
    private static let limit = 20

    private var found: [any LocatedError] = []
    /// The first input that could not be had.
    var input: InputFailure?
    /// Whether the instruction at hand has looked at something of which nothing is known: what is wrong with it then may
    /// be right with the true value.
    var meetsUnknown = false

    /// Takes an instruction's error.
    ///
    /// - Throws: what nothing can be looked for behind: an error that is no mistake of the file, a build that is too
    ///   large, the last mistake that is told.
    mutating func note(_ error: any Error) throws {
        guard let mistake = error as? any LocatedError else { throw error }
        let isOverBudget = if case .overBudget? = (mistake as? GraphError)?.reason { true } else { false }
        if isOverBudget || !meetsUnknown { found.append(mistake) }
        if isOverBudget || found.count == Self.limit { try check() }
    }

    /// - Throws: `LoweringFailure` if anything has been found.
    func check() throws(LoweringFailure) {
        guard !found.isEmpty || input != nil else { return }
        throw LoweringFailure(mistakes: found, input: input)
    }
}
