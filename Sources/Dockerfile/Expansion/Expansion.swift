package import Bytes

/// Expands the variables of a word and processes its quotes (Dockerfile reference, "Environment replacement").
///
/// ```swift
/// let expansion = Expansion(escape: file.escape) { environment[$0] }
/// let path = try expansion.expandWord("${HOME:-/root}/bin")
/// ```
///
/// The rules are those of BuildKit's lexer, peculiarities included: a word list forgets what stood before a `${A:-…}`
/// in the same word, `.` and `*` of patterns do not match a line feed, `//` replacements know `$0`.
package struct Expansion {
    /// How quotes, escapes and unset variables are treated; nothing set is right for instructions' words.
    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Quotes stay in the result, though they still quote.
        package static let keepsQuotes = Options(rawValue: 1)
        /// Escape characters stay in the result, though they still escape.
        package static let keepsEscapes = Options(rawValue: 2)
        /// Quotes are ordinary text: for the content of heredoc files.
        package static let ignoresQuotes = Options(rawValue: 4)
        /// A variable that is not set stays as it is written: for display names.
        package static let keepsUnset = Options(rawValue: 8)
    }

    /// What came out of a word.
    package struct Result: Sendable, Hashable {
        /// The whole as one word.
        package var text = ByteString()
        /// The parts between white space that was not quoted; variables' values split, too.
        package var words: [ByteString] = []
        /// The names that were looked up and found.
        package var used: Set<ByteString> = []
        /// The names that were looked up and are not set.
        package var undefined: Set<ByteString> = []
    }

    /// The default limit of what one word may expand to: 1 MiB, eight times what Linux lets one argument have.
    package static let defaultLimit = 1 << 20

    /// How deep `${a:-${b:-…}}` may nest.
    package static let depthLimit = 64

    /// The byte that escapes: `\` or a backtick.
    package let escape: UInt8
    /// How quotes, escapes and unset variables are treated.
    package let options: Options
    /// How many bytes the values of all variables in a word may have together.
    package let limit: Int
    /// The value of a variable; nil if it is not set.
    package let lookup: (ByteString) -> ByteString?

    package init(
        escape: UInt8 = UInt8(ascii: "\\"),
        options: Options = [],
        limit: Int = Expansion.defaultLimit,
        lookup: @escaping (ByteString) -> ByteString?
    ) {
        self.escape = escape
        self.options = options
        self.limit = limit
        self.lookup = lookup
    }

    /// The word expanded, as one word: white space in it stays.
    ///
    /// - Throws: `DockerfileError` without a range, see `DockerfileError.located(at:in:marking:)`.
    package func expandWord(_ word: ByteString) throws(DockerfileError) -> ByteString {
        isPlain(word) ? word : try expandWhole(word).text
    }

    /// The word expanded and split at white space that is not quoted; none for a word that comes to nothing.
    ///
    /// - Throws: `DockerfileError` without a range.
    package func expandWords(_ word: ByteString) throws(DockerfileError) -> [ByteString] {
        try expand(word).words
    }

    /// The word expanded, whole and split, with the names it asked for.
    ///
    /// - Throws: `DockerfileError` without a range.
    package func expand(_ word: ByteString) throws(DockerfileError) -> Result {
        var expander = WordExpander(input: Array(Self.withoutMark(word)), expansion: self)
        return try expander.run()
    }

    /// The word expanded, with the names it asked for and without its parts, which take far more memory than it.
    ///
    /// - Throws: `DockerfileError` without a range.
    func expandWhole(_ word: ByteString) throws(DockerfileError) -> Result {
        var expander = WordExpander(input: Array(Self.withoutMark(word)), expansion: self)
        expander.selectsWord = { _ in false }
        return try expander.run()
    }

    /// A byte order mark before the word is none of its text, as for Go's scanner, which BuildKit reads words with.
    private static func withoutMark(_ word: ByteString) -> ArraySlice<UInt8> {
        word.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? word.bytes[3...] : word.bytes[...]
    }

    /// Whether no byte of the word has a meaning for the lexer, which is so for most words.
    private func isPlain(_ word: ByteString) -> Bool {
        guard word.bytes.first != 0xEF else { return false }
        for byte in word.bytes {
            switch byte {
            case escape, Byte.dollar, Byte.singleQuote, Byte.doubleQuote: return false
            default: continue
            }
        }
        return true
    }
}
