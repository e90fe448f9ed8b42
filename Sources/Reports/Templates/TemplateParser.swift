internal import Bytes

/// Reads a template into nodes (Go's `text/template`, "Actions" and "Pipelines").
struct TemplateParser {
    private let scanner: TemplateScanner
    private var pieces: ArraySlice<TemplateScanner.Piece>
    /// Variables that can be used here, those of inner blocks last.
    private var variables: [ByteString] = ["$"]
    private var rangeDepth = 0
    private var depth = 0

    /// Blocks and parentheses that may stand in each other.
    private static let depthLimit = 100

    static func parse(_ template: ByteString) throws(TemplateError) -> [TemplateNode] {
        var scanner = TemplateScanner(template)
        let pieces = try scanner.pieces()
        var parser = TemplateParser(scanner: scanner, pieces: pieces[...])
        let (nodes, end) = try parser.block()
        if let end { throw TemplateError(line: end.line, "unexpected {{\(end.word.text)}}") }
        return nodes
    }

    private init(scanner: TemplateScanner, pieces: ArraySlice<TemplateScanner.Piece>) {
        self.scanner = scanner
        self.pieces = pieces
    }

    /// What ends a block: `end`, or `else` with what follows it.
    private struct BlockEnd {
        var word: ByteString
        var rest: ArraySlice<TemplateToken>
        var start: Int
        var line: Int
    }

    // MARK: Blocks

    /// The nodes up to an `end` or `else`, or to the end of the template.
    private mutating func block() throws(TemplateError) -> ([TemplateNode], BlockEnd?) {
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        var nodes: [TemplateNode] = []
        while let piece = pieces.popFirst() {
            switch piece {
            case .text(let text): nodes.append(.text(text))
            case .action(let tokens, let start):
                let line = scanner.line(at: start)
                guard let first = tokens.first else { throw TemplateError(line: line, "missing value for command") }
                if case .identifier(let word) = first.kind, word == "end" || word == "else" {
                    let rest = tokens.dropFirst()
                    if word == "end", !rest.isEmpty { throw TemplateError(line: line, "unexpected operand in end") }
                    return (nodes, BlockEnd(word: word, rest: rest, start: start, line: line))
                }
                nodes.append(try action(tokens[...], start))
            }
        }
        return (nodes, nil)
    }

    private mutating func action(_ tokens: ArraySlice<TemplateToken>, _ start: Int) throws(TemplateError)
        -> TemplateNode
    {
        let line = scanner.line(at: start)
        guard case .identifier(let word) = tokens.first?.kind else {
            return .action(try pipeline(tokens, start, "command"))
        }
        switch word {
        case "if", "range", "with": return try control(word, tokens.dropFirst(), start)
        case "break", "continue":
            guard tokens.count == 1 else { throw TemplateError(line: line, "unexpected operand in \(word.text)") }
            guard rangeDepth > 0 else { throw TemplateError(line: line, "{{\(word.text)}} outside {{range}}") }
            return word == "break" ? .leave : .next
        case "define", "template", "block":
            throw TemplateError(line: line, "{{\(word.text)}} is not supported")
        default: return .action(try pipeline(tokens, start, "command"))
        }
    }

    private mutating func control(
        _ word: ByteString,
        _ tokens: ArraySlice<TemplateToken>,
        _ start: Int
    ) throws(TemplateError) -> TemplateNode {
        try enter(start)
        defer { depth -= 1 }
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        let condition = try pipeline(tokens, start, word.text, isRange: word == "range")
        if word == "range" { rangeDepth += 1 }
        let (body, end) = try block()
        if word == "range" { rangeDepth -= 1 }
        guard let end else { throw TemplateError(line: scanner.line(at: scanner.bytes.count), "unexpected EOF") }
        var otherwise: [TemplateNode] = []
        if end.word == "else" {
            if case .identifier(let next) = end.rest.first?.kind, next == word, word != "range" {
                otherwise = [try control(word, end.rest.dropFirst(), end.start)]
            } else {
                guard end.rest.isEmpty else { throw TemplateError(line: end.line, "unexpected operand in else") }
                let (nodes, last) = try block()
                guard let last else {
                    throw TemplateError(line: scanner.line(at: scanner.bytes.count), "unexpected EOF")
                }
                guard last.word == "end" else { throw TemplateError(line: last.line, "expected end; found {{else}}") }
                otherwise = nodes
            }
        }
        switch word {
        case "if": return .condition(condition, then: body, otherwise: otherwise)
        case "with": return .with(condition, body: body, otherwise: otherwise)
        default: return .range(condition, body: body, otherwise: otherwise)
        }
    }

    private mutating func enter(_ position: Int) throws(TemplateError) {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw TemplateError(line: scanner.line(at: position), "blocks are nested too deep")
        }
    }

    // MARK: Pipelines

    private mutating func pipeline(
        _ tokens: ArraySlice<TemplateToken>,
        _ start: Int,
        _ context: String,
        isRange: Bool = false
    ) throws(TemplateError) -> TemplatePipeline {
        var rest = tokens
        var result = try declaration(&rest, start, isRange: isRange)
        // A variable can be used from the next action on.
        let declared = result.declares ? result.variables : []
        while true {
            let command = try command(&rest, start, context)
            result.commands.append(command)
            guard let next = rest.popFirst() else { break }
            guard next.kind == .mark("|") else { throw unexpected(next, context) }
            if rest.isEmpty { throw TemplateError(line: scanner.line(at: start), "missing value for \(context)") }
        }
        for (index, command) in result.commands.enumerated() where index > 0 {
            guard case .function = command.operands[0].kind else {
                let text = command.place.text.text
                throw TemplateError(
                    line: command.place.line,
                    "non executable command in pipeline stage \(index + 1): \(text)"
                )
            }
        }
        variables += declared
        return result
    }

    private mutating func declaration(
        _ rest: inout ArraySlice<TemplateToken>,
        _ start: Int,
        isRange: Bool
    ) throws(TemplateError) -> TemplatePipeline {
        let first = rest.first?.start ?? start
        let last = rest.last?.end ?? start
        var result = TemplatePipeline(place: scanner.place(first, last))
        let words = Array(rest.prefix(4))
        guard case .variable(let name)? = words.first?.kind, words.count > 1 else { return result }
        func isAssignment(_ token: TemplateToken) -> Bool { token.kind == .mark(":=") || token.kind == .mark("=") }
        if isAssignment(words[1]) {
            result.variables = [name]
            result.declares = words[1].kind == .mark(":=")
            rest = rest.dropFirst(2)
        } else if isRange, words.count > 3, words[1].kind == .mark(","), case .variable(let second) = words[2].kind,
            isAssignment(words[3])
        {
            result.variables = [name, second]
            result.declares = words[3].kind == .mark(":=")
            rest = rest.dropFirst(4)
        }
        if !result.declares { for name in result.variables { try checkVariable(name, start) } }
        return result
    }

    private func checkVariable(_ name: ByteString, _ position: Int) throws(TemplateError) {
        guard variables.contains(name) else {
            throw TemplateError(line: scanner.line(at: position), "undefined variable \"\(name.text)\"")
        }
    }

    private mutating func command(
        _ rest: inout ArraySlice<TemplateToken>,
        _ start: Int,
        _ context: String
    ) throws(TemplateError) -> TemplateCommand {
        var operands: [TemplateOperand] = []
        while let token = rest.first, token.kind != .mark("|"), token.kind != .mark(")") {
            operands.append(try operand(&rest, context))
        }
        guard let first = operands.first else {
            throw TemplateError(line: scanner.line(at: start), "missing value for \(context)")
        }
        if operands.count > 1, case .function = first.kind {
        } else if operands.count > 1 {
            throw TemplateError(
                line: first.place.line,
                "can't give argument to non-function \(first.place.text.text)"
            )
        }
        return TemplateCommand(
            operands: operands,
            place: TemplatePlace(
                line: first.place.line,
                column: first.place.column,
                text: operands.map(\.place.text).joined(separator: " ")
            )
        )
    }

    private mutating func operand(
        _ rest: inout ArraySlice<TemplateToken>,
        _ context: String
    ) throws(TemplateError) -> TemplateOperand {
        guard let token = rest.popFirst() else { throw TemplateError(line: 1, "unexpected end") }
        var result: TemplateOperand
        let place = scanner.place(token.start, token.end)
        switch token.kind {
        case .field(let name):
            result = TemplateOperand(kind: .dot, place: place)
            if !name.isEmpty { result.fields = [(name, place)] }
        case .variable(let name):
            try checkVariable(name, token.start)
            result = TemplateOperand(kind: .variable(name), place: place)
        case .text(let text): result = TemplateOperand(kind: .value(.text(text)), place: place)
        case .integer(let value): result = TemplateOperand(kind: .value(.integer(value)), place: place)
        case .identifier("true"): result = TemplateOperand(kind: .value(.bool(true)), place: place)
        case .identifier("false"): result = TemplateOperand(kind: .value(.bool(false)), place: place)
        case .identifier("nil"): result = TemplateOperand(kind: .null, place: place)
        case .identifier(let name):
            guard TemplateFunctions.names.contains(name) else {
                let reason =
                    TemplateFunctions.lacking.contains(name)
                    ? "function \"\(name.text)\" is not supported" : "function \"\(name.text)\" not defined"
                throw TemplateError(line: place.line, reason)
            }
            result = TemplateOperand(kind: .function(name), place: place)
        case .mark("("):
            try enter(token.start)
            defer { depth -= 1 }
            var inner = rest
            let pipeline = try parenthesized(&inner, token)
            rest = inner
            result = TemplateOperand(kind: .pipeline(pipeline), place: place)
        case .mark: throw unexpected(token, context)
        }
        // Fields of the same operand touch it and each other.
        while let next = rest.first, next.isJoined, case .field(let name) = next.kind, !name.isEmpty {
            rest = rest.dropFirst()
            result.place.text = ByteString(Array(scanner.bytes[token.start..<next.end]))
            result.fields.append((name, scanner.place(next.start, next.end)))
        }
        for index in result.fields.indices { result.fields[index].place.text = result.place.text }
        return result
    }

    private mutating func parenthesized(
        _ rest: inout ArraySlice<TemplateToken>,
        _ open: TemplateToken
    ) throws(TemplateError) -> TemplatePipeline {
        var level = 1
        var end = rest.startIndex
        while end < rest.endIndex {
            if rest[end].kind == .mark("(") { level += 1 }
            if rest[end].kind == .mark(")") { level -= 1 }
            if level == 0 { break }
            end += 1
        }
        guard level == 0 else { throw TemplateError(line: scanner.line(at: open.start), "unclosed left paren") }
        let inside = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        return try pipeline(inside, open.start, "parenthesized pipeline")
    }

    private func unexpected(_ token: TemplateToken, _ context: String) -> TemplateError {
        let place = scanner.place(token.start, token.end)
        return TemplateError(line: place.line, "unexpected \"\(place.text.text)\" in \(context)")
    }
}
