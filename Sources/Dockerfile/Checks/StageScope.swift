import Bytes

/// Which variables are set at one point of a stage, for the checks and the outline.
///
/// A file may ask for far more expansion than it has bytes; the budget ends that. What does not fit counts as a word
/// that cannot be expanded, about which nothing is said.
struct StageScope {
    /// How many bytes the expansions of a whole file may make, all scopes together.
    final class Budget {
        /// The bytes that are left.
        var bytes = 16 << 20
        /// How many variables may still be copied from a base to its children.
        var inherited = 10_000_000
    }

    /// A word after expansion.
    struct Word {
        var text: ByteString
        /// The names that were looked up and are set.
        var used: Set<ByteString> = []
        /// The names that were looked up and are not set, in byte order.
        var undefined: [ByteString] = []
        /// Whether it could be expanded.
        var isValid = true
    }

    /// How many bytes one word may expand to; paths and names have fewer.
    private static let wordLimit = 64 << 10

    /// The value that PATH has where an image says nothing.
    static let defaultPath: ByteString = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private let escape: UInt8
    private let budget: Budget
    /// The variables that are set, arguments included.
    private(set) var values: [ByteString: ByteString]
    /// The arguments that an ARG of the stage or its bases declares, with a value or without.
    private(set) var arguments: Set<ByteString> = []
    /// Whether all variables of the base image are known.
    var isBaseKnown = true
    /// Whether a WORKDIR has been seen, in this stage or one below it.
    var hasWorkdir = false
    /// Whether the shell is named, by SHELL or by the base image.
    var hasShell = false
    /// The ONBUILD triggers of the stage itself.
    var triggers: [ByteString] = []

    init(values: [ByteString: ByteString], escape: UInt8, budget: Budget) {
        self.values = values
        self.escape = escape
        self.budget = budget
    }

    /// The scope in which a stage begins that has this one as its base; its triggers are still to be run.
    func inherited(isCopied: Bool) -> StageScope {
        var scope = self
        if isCopied { budget.inherited -= values.count }
        if budget.inherited < 0 {
            scope.values = [:]
            scope.isBaseKnown = false
        }
        return scope
    }

    /// Expands a word of an instruction.
    func expand(_ word: ByteString) -> Word { expand(word, escape: escape, options: []) }

    /// The parts of an expanded word between white space; none if it cannot be expanded.
    func expandParts(_ word: ByteString) -> [ByteString] {
        guard word.bytes.contains(Byte.dollar) else {
            let word = expand(word)
            return word.isValid ? [word.text] : []
        }
        let limit = max(0, min(Self.wordLimit, budget.bytes))
        let expansion = Expansion(escape: escape, limit: limit) { [values] in values[$0] }
        let parts = try? expansion.expandWords(word)
        budget.bytes -= parts.map { parts in parts.reduce(0) { $0 + $1.count } } ?? limit
        return parts ?? []
    }

    /// Expands the content of a heredoc file, in which quotes mean nothing.
    func expandContent(_ content: ByteString) -> Word {
        expand(content, escape: Byte.backslash, options: .ignoresQuotes)
    }

    private func expand(_ word: ByteString, escape: UInt8, options: Expansion.Options) -> Word {
        let isPlain = word.bytes.allSatisfy {
            $0 != escape && $0 != Byte.dollar && $0 != Byte.singleQuote && $0 != Byte.doubleQuote
        }
        if isPlain { return Word(text: word) }
        let limit = max(0, min(Self.wordLimit + word.count, budget.bytes))
        let expansion = Expansion(escape: escape, options: options, limit: limit) { [values] in values[$0] }
        guard let result = try? expansion.expandWhole(word) else {
            // Only an expansion that went over the limit has cost anything.
            if word.bytes.contains(Byte.dollar) { budget.bytes -= min(limit, Self.wordLimit) }
            return Word(text: ByteString(), isValid: false)
        }
        budget.bytes -= max(0, result.text.count - word.count)
        return Word(
            text: result.text,
            used: result.used,
            undefined: result.undefined.sorted()
        )
    }

    /// Sets a variable.
    mutating func set(_ name: ByteString, to value: ByteString) {
        values[name] = value
    }

    /// Takes an ARG of the stage with the value that counts.
    ///
    /// That is the build argument, the default, or what the name has before the first FROM. Without one the name is
    /// known and not set, or keeps the value that it had.
    mutating func declare(_ name: ByteString, value: ByteString?) {
        arguments.insert(name)
        if let value { values[name] = value }
    }
}
