import Bytes

/// The commands in a text for the shell, as far as checks need them: no expansion, no exact grammar.
enum ShellCommands {
    /// How much of a text is looked at.
    private static let limit = 1 << 20

    /// The commands in order, each as its words without quotes; redirections, assignments in front and words such as
    /// `then` and `sudo` are left out.
    static func read(_ text: ByteString) -> [[String]] {
        var reader = Reader(text: text.bytes.prefix(limit))
        return reader.read().map { $0.map(\.text) }.map(withoutPrefixes).filter { !$0.isEmpty }
    }

    private static let prefixes: Set<String> = [
        "then", "do", "else", "elif", "if", "while", "until", "!", "{", "}", "time", "exec", "command", "sudo", "env",
        "nice", "eatmydata",
    ]

    private static func withoutPrefixes(_ words: [String]) -> [String] {
        var rest = words[...]
        while let word = rest.first {
            // Flags of a prefix, such as `sudo -E`.
            let isFlag = rest.count < words.count && word.hasPrefix("-")
            guard prefixes.contains(word) || isAssignment(word) || isFlag else { break }
            rest = rest.dropFirst()
        }
        return Array(rest)
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let separator = word.firstIndex(of: "="), separator != word.startIndex else { return false }
        return word[..<separator].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Splits a text at separators and white space.
    private struct Reader {
        let text: ArraySlice<UInt8>
        private var commands: [[ByteString]] = []
        private var words: [ByteString] = []
        private var word: [UInt8]?
        /// Whether the next word is the file of a redirection.
        private var skipsWord = false

        init(text: ArraySlice<UInt8>) { self.text = text }

        mutating func read() -> [[ByteString]] {
            var index = text.startIndex
            while index < text.endIndex {
                let byte = text[index]
                index += 1
                switch byte {
                case Byte.singleQuote, Byte.doubleQuote: index = quoted(by: byte, from: index)
                case Byte.backslash:
                    guard index < text.endIndex else { break }
                    if text[index] != Byte.lineFeed { add(text[index]) }
                    index += 1
                case Byte.hash where word == nil:
                    while index < text.endIndex, text[index] != Byte.lineFeed { index += 1 }
                case UInt8(ascii: ">"), Byte.less:
                    endWord()
                    skipsWord = true
                    if index < text.endIndex, text[index] == UInt8(ascii: "&") { index += 1 }
                case Byte.lineFeed, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "("),
                    UInt8(ascii: ")"), Byte.backtick:
                    endCommand()
                case Byte.space, Byte.tab, Byte.carriageReturn: endWord()
                default: add(byte)
                }
            }
            endCommand()
            return commands
        }

        private mutating func add(_ byte: UInt8) {
            if word == nil { word = [] }
            word?.append(byte)
        }

        private mutating func quoted(by quote: UInt8, from start: Int) -> Int {
            if word == nil { word = [] }
            var index = start
            while index < text.endIndex, text[index] != quote {
                if quote == Byte.doubleQuote, text[index] == Byte.backslash, index + 1 < text.endIndex { index += 1 }
                add(text[index])
                index += 1
            }
            return min(index + 1, text.endIndex)
        }

        private mutating func endWord() {
            guard let word else { return }
            if !skipsWord { words.append(ByteString(word)) }
            skipsWord = false
            self.word = nil
        }

        private mutating func endCommand() {
            endWord()
            skipsWord = false
            if !words.isEmpty { commands.append(words) }
            words = []
        }
    }
}
