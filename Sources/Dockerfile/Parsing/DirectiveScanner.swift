import Bytes

/// Reads parser directives, which end with the first line that is none (Dockerfile reference, "Parser directives").
struct DirectiveScanner {
    /// What begins a comment.
    var prefix: [UInt8] = [Byte.hash]
    /// Whether an escape character that is not allowed is an error.
    var checksEscape = true
    private(set) var isDone = false
    private(set) var escape = Byte.backslash
    private var seen: Set<ByteString> = []
    /// The last directive that was read.
    private(set) var last: (name: ByteString, value: ByteString)?

    private static let names: Set<ByteString> = ["syntax", "escape", "check"]

    init(prefix: [UInt8] = [Byte.hash]) {
        self.prefix = prefix
    }

    /// Takes a line without its ending; says whether it is a directive.
    ///
    /// - Throws: for a directive that is given again, and for an escape character that is not allowed.
    mutating func read(_ line: ArraySlice<UInt8>) throws(DockerfileError) -> Bool {
        guard !isDone else { return false }
        guard let (name, value) = split(line), Self.names.contains(name) else {
            isDone = true
            return false
        }
        guard seen.insert(name).inserted else { throw DockerfileError(.repeatedDirective(name.text)) }
        if name == "escape", checksEscape {
            guard value == "\\" || value == "`" else { throw DockerfileError(.invalidEscapeDirective(value)) }
            escape = value.bytes[0]
        }
        last = (name, value)
        return true
    }

    /// `# name = value` with the name in small letters; nil if the line has another form.
    private func split(_ line: ArraySlice<UInt8>) -> (name: ByteString, value: ByteString)? {
        guard line.starts(with: prefix) else { return nil }
        let bytes = Array(line.dropFirst(prefix.count))
        var position = Scalars.trim(bytes, 0..<bytes.count).lowerBound
        let start = position
        while position < bytes.count, isNameByte(bytes[position], isFirst: position == start) { position += 1 }
        guard position > start else { return nil }
        let name = Ascii.lower(ByteString(Array(bytes[start..<position])))
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
        guard position < bytes.count, bytes[position] == Byte.equals else { return nil }
        position += 1
        guard position < bytes.count else { return nil }
        var end = bytes.count
        while position < end - 1, Self.isBlank(bytes[position]) { position += 1 }
        while end - 1 > position, Self.isBlank(bytes[end - 1]) { end -= 1 }
        return (name, ByteString(Array(bytes[position..<end])))
    }

    private func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        let lower = Ascii.lower(byte)
        return lower >= 0x61 && lower <= 0x7A || !isFirst && byte >= Byte.zero && byte <= Byte.nine
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte != Byte.verticalTab && Scalars.isSpace(byte)
    }
}

extension ParserDirectives {
    /// The directives of a file: unlike the escape character, `syntax` and `check` may follow a `#!` line, have to
    /// begin in the first column, and `syntax` may stand in a `//` comment.
    ///
    /// Directives that are wrong are told by the parser, not here.
    init(source: SourceText, escape: UInt8) {
        self.escape = escape
        let found = Self.scan(source, prefix: [Byte.hash])
        check = found["check"]
        syntax = found["syntax"] ?? Self.slashSyntax(of: source)
    }

    /// Which frontend a file asks for, whatever language it is in: a file that is a JSON object has a member `syntax`.
    package static func syntax(of source: SourceText) -> ParserDirective? {
        scan(source, prefix: [Byte.hash])["syntax"] ?? slashSyntax(of: source) ?? memberSyntax(of: source)
    }

    private static func memberSyntax(of source: SourceText) -> ParserDirective? {
        var text = source.content.bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        if text.starts(with: "#!".utf8) { text = text.drop { $0 != Byte.lineFeed } }
        guard let start = text.firstIndex(where: { !Scalars.isSpace($0) }), text[start] == Byte.openBrace,
            text.count <= DockerfileParser.sizeLimit,
            let member = try? JSONValue(parsing: Array(text))["syntax"], case .string(let value) = member
        else { return nil }
        let line = source.lineStarts.lastIndex { $0 <= start }.map { $0 + 1 } ?? 1
        return ParserDirective(value: value, line: line)
    }

    private static func slashSyntax(of source: SourceText) -> ParserDirective? {
        scan(source, prefix: [Byte.slash, Byte.slash])["syntax"]
    }

    private static func scan(_ source: SourceText, prefix: [UInt8]) -> [ByteString: ParserDirective] {
        var scanner = DirectiveScanner(prefix: prefix)
        scanner.checksEscape = false
        var result: [ByteString: ParserDirective] = [:]
        var number = 1
        while number <= source.lineCount {
            var line = source.line(number).bytes[...]
            if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            defer { number += 1 }
            if number == 1, line.starts(with: Array("#!".utf8)) { continue }
            guard (try? scanner.read(line)) == true, let (name, value) = scanner.last else { break }
            result[name] = ParserDirective(value: value, line: number)
        }
        return result
    }
}
