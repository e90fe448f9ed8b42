internal import Bytes

/// The functions of templates: those of Go that make sense here, and those that Docker adds.
enum TemplateFunctions {
    /// Why a call fails.
    struct Failure: Error {
        var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    static let names: Set<ByteString> = [
        "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "eq", "ne", "lt", "le", "gt", "ge",
        "json", "split", "join", "title", "lower", "upper", "pad", "truncate",
    ]

    /// Functions of Go that are refused by name.
    static let lacking: Set<ByteString> = ["call", "html", "js", "urlquery"]

    static let leavingHeadings: Set<ByteString> = ["json", "title", "lower", "upper", "truncate"]

    static func call(_ name: ByteString, _ arguments: [GoValue]) throws(Failure) -> GoValue {
        switch name {
        case "not": return .bool(!(try only(arguments)).isTrue)
        case "len": return .integer(try length(try only(arguments)))
        case "index": return try index(arguments)
        case "slice": return try slice(arguments)
        case "print": return .text(TemplatePrinting.print(arguments))
        case "println": return .text(TemplatePrinting.println(arguments))
        case "printf":
            guard let format = arguments.first else { throw Failure("wrong number of args: want at least 1 got 0") }
            return .text(try TemplatePrinting.printf(try text(format), Array(arguments.dropFirst())))
        case "eq", "ne", "lt", "le", "gt", "ge": return .bool(try compare(name, arguments))
        case "json": return .text(ByteString(try only(arguments).json.compact))
        case "split":
            try check(arguments, count: 2)
            return .texts(try split(try text(arguments[0]), at: try text(arguments[1])))
        case "join":
            try check(arguments, count: 2)
            guard case .list(let elements) = arguments[0] else {
                throw Failure("expected a list; got \(arguments[0].kind)")
            }
            return .text((elements ?? []).map(\.printed).joined(separator: try text(arguments[1])))
        case "lower": return .text(try text(try only(arguments)).text.lowercased())
        case "upper": return .text(try text(try only(arguments)).text.uppercased())
        case "title": return .text(title(try text(try only(arguments)).text))
        case "pad":
            try check(arguments, count: 3)
            let (before, after) = (try count(arguments[1]), try count(arguments[2]))
            let padded = try text(arguments[0])
            return .text(padded.isEmpty ? padded : spaces(before) + padded + spaces(after))
        case "truncate":
            try check(arguments, count: 2)
            let whole = try text(arguments[0])
            return .text(ByteString(Array(whole.bytes.prefix(try count(arguments[1])))))
        default: throw Failure("no such function")
        }
    }

    // MARK: Arguments

    private static func check(_ arguments: [GoValue], count: Int) throws(Failure) {
        guard arguments.count == count else {
            throw Failure("wrong number of args: want \(count) got \(arguments.count)")
        }
    }

    private static func only(_ arguments: [GoValue]) throws(Failure) -> GoValue {
        try check(arguments, count: 1)
        return arguments[0]
    }

    private static func text(_ value: GoValue) throws(Failure) -> ByteString {
        guard case .text(let text) = value else { throw Failure("expected string; got \(value.kind)") }
        return text
    }

    private static func count(_ value: GoValue) throws(Failure) -> Int {
        guard case .integer(let number) = value, (0...65_536).contains(number) else {
            throw Failure("expected a number from 0 to 65536; got \(value.printed.text)")
        }
        return Int(number)
    }

    private static func spaces(_ count: Int) -> ByteString { ByteString([UInt8](repeating: 0x20, count: count)) }

    // MARK: Parts

    private static func length(_ value: GoValue) throws(Failure) -> Int64 {
        switch value {
        case .text(let text): return Int64(text.count)
        case .list(let elements): return Int64(elements?.count ?? 0)
        case .map(let members): return Int64(members?.count ?? 0)
        default: throw Failure("len of type \(value.kind)")
        }
    }

    private static func index(_ arguments: [GoValue]) throws(Failure) -> GoValue {
        guard var value = arguments.first else { throw Failure("wrong number of args: want at least 1 got 0") }
        for key in arguments.dropFirst() {
            switch (value, key) {
            case (.map(let members), .text(let name)):
                // Of a name that is not there it is the empty value of the map's kind, which is text everywhere here.
                value = members?[name] ?? .text(ByteString())
            case (.list(let elements), .integer(let position)):
                let elements = elements ?? []
                guard position >= 0, position < elements.count else { throw Failure("index out of range: \(position)") }
                value = elements[Int(position)]
            case (.text(let text), .integer(let position)):
                guard position >= 0, position < text.count else { throw Failure("index out of range: \(position)") }
                value = .integer(Int64(text.bytes[Int(position)]))
            case (.map, _), (.list, _), (.text, _): throw Failure("cannot index \(value.kind) with type \(key.kind)")
            default: throw Failure("can't index item of type \(value.kind)")
            }
        }
        return value
    }

    private static func slice(_ arguments: [GoValue]) throws(Failure) -> GoValue {
        guard let value = arguments.first, arguments.count <= 3 else {
            throw Failure("wrong number of args: want 1 to 3 got \(arguments.count)")
        }
        let size = Int(try length(value))
        var bounds: [Int] = []
        for bound in arguments.dropFirst() {
            guard case .integer(let position) = bound, position >= 0, position <= size else {
                throw Failure("index out of range: \(bound.printed.text)")
            }
            bounds.append(Int(position))
        }
        let (start, end) = (bounds.first ?? 0, bounds.count > 1 ? bounds[1] : size)
        guard start <= end else { throw Failure("invalid slice index: \(start) > \(end)") }
        switch value {
        case .text(let text): return .text(ByteString(Array(text.bytes[start..<end])))
        case .list(let elements): return .list(Array((elements ?? [])[start..<end]))
        default: throw Failure("can't slice item of type \(value.kind)")
        }
    }

    private static func split(_ text: ByteString, at separator: ByteString) throws(Failure) -> [ByteString] {
        guard !separator.isEmpty else { return text.text.unicodeScalars.map { ByteString(String($0)) } }
        var parts: [ByteString] = []
        var part: [UInt8] = []
        var position = 0
        while position < text.count {
            if text.bytes[position...].starts(with: separator.bytes) {
                parts.append(ByteString(part))
                part = []
                position += separator.count
            } else {
                part.append(text.bytes[position])
                position += 1
            }
        }
        return parts + [ByteString(part)]
    }

    private static func title(_ text: String) -> String {
        var isStart = true
        var result = ""
        for character in text {
            result += isStart ? character.uppercased() : String(character)
            isStart = !(character.isLetter || character.isNumber || character == "_" || character == "'")
        }
        return result
    }

    // MARK: Comparing

    private static func compare(_ name: ByteString, _ arguments: [GoValue]) throws(Failure) -> Bool {
        guard arguments.count >= 2 else { throw Failure("missing argument for comparison") }
        if name == "eq" {
            // True if the first equals any other.
            for other in arguments.dropFirst() where try areEqual(arguments[0], other) { return true }
            return false
        }
        try check(arguments, count: 2)
        if name == "ne" { return try !areEqual(arguments[0], arguments[1]) }
        let isLess: Bool
        switch (arguments[0], arguments[1]) {
        case (.integer(let left), .integer(let right)): isLess = left < right
        case (.text(let left), .text(let right)): isLess = left < right
        default: throw Failure("incompatible types for comparison")
        }
        let isEqual = try areEqual(arguments[0], arguments[1])
        switch name {
        case "lt": return isLess
        case "le": return isLess || isEqual
        case "gt": return !isLess && !isEqual
        default: return !isLess
        }
    }

    private static func areEqual(_ left: GoValue, _ right: GoValue) throws(Failure) -> Bool {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.text(let left), .text(let right)): return left == right
        case (.missing, _), (.null, _), (_, .missing), (_, .null): return false
        default: throw Failure("incompatible types for comparison")
        }
    }
}
