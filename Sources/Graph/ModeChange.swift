package import Bytes

/// The value of `--chmod`: an octal number, or symbolic clauses as chmod(1) has them.
package enum ModeChange: Sendable, Hashable {
    /// 0…07777.
    case absolute(UInt16)
    case symbolic([Clause])

    /// `u+rwX`: who, how, and what.
    package struct Clause: Sendable, Hashable {
        package enum Operator: UInt8, Sendable, Hashable { case add, remove, set }

        package enum Permission: UInt8, Sendable, Hashable {
            case read, write, execute, executeIfDirectoryOrAny, setID, sticky, copyUser, copyGroup, copyOther
        }

        /// Bits of the classes meant: 4 user, 2 group, 1 other.
        package var classes: UInt8
        package var operation: Operator
        package var permissions: [Permission]
    }

    /// Reads `755`, `u+x`, `go=rX,u-w`; nil for anything else.
    package init?(_ text: ByteString) {
        if !text.isEmpty, text.bytes.allSatisfy({ (0x30...0x37).contains($0) }) {
            var value = 0
            for digit in text.bytes.prefix(8) { value = value * 8 + Int(digit - 0x30) }
            guard text.count <= 8, value <= 0o7777 else { return nil }
            self = .absolute(UInt16(value))
            return
        }
        var clauses: [Clause] = []
        for part in text.split(separator: UInt8(ascii: ",")) {
            guard ModeChange.parse(part.bytes, into: &clauses) else { return nil }
        }
        guard !clauses.isEmpty else { return nil }
        self = .symbolic(clauses)
    }

    private static func parse(_ bytes: [UInt8], into clauses: inout [Clause]) -> Bool {
        var position = 0
        var classes: UInt8 = 0
        scanClasses: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "u"): classes |= 4
            case UInt8(ascii: "g"): classes |= 2
            case UInt8(ascii: "o"): classes |= 1
            case UInt8(ascii: "a"): classes |= 7
            default: break scanClasses
            }
            position += 1
        }
        guard position < bytes.count else { return false }
        while position < bytes.count {
            let operation: Clause.Operator
            switch bytes[position] {
            case UInt8(ascii: "+"): operation = .add
            case UInt8(ascii: "-"): operation = .remove
            case UInt8(ascii: "="): operation = .set
            default: return false
            }
            position += 1
            var permissions: [Clause.Permission] = []
            while position < bytes.count, let permission = permission(bytes[position]) {
                permissions.append(permission)
                position += 1
            }
            clauses.append(Clause(classes: classes == 0 ? 7 : classes, operation: operation, permissions: permissions))
        }
        return true
    }

    private static func permission(_ byte: UInt8) -> Clause.Permission? {
        switch byte {
        case UInt8(ascii: "r"): .read
        case UInt8(ascii: "w"): .write
        case UInt8(ascii: "x"): .execute
        case UInt8(ascii: "X"): .executeIfDirectoryOrAny
        case UInt8(ascii: "s"): .setID
        case UInt8(ascii: "t"): .sticky
        case UInt8(ascii: "u"): .copyUser
        case UInt8(ascii: "g"): .copyGroup
        case UInt8(ascii: "o"): .copyOther
        default: nil
        }
    }

    /// The mode that comes of `mode`.
    package func applied(to mode: UInt16, isDirectory: Bool) -> UInt16 {
        switch self {
        case .absolute(let value): return value
        case .symbolic(let clauses):
            var result = mode
            for clause in clauses { clause.apply(to: &result, isDirectory: isDirectory) }
            return result
        }
    }

    /// The change as chmod(1) reads it: `755`, `ug+rwX,o=`.
    package var text: String {
        switch self {
        case .absolute(let value): String(value, radix: 8)
        case .symbolic(let clauses): clauses.map(\.text).joined(separator: ",")
        }
    }
}

extension ModeChange.Clause {
    fileprivate var text: String {
        let who = zip("ugo", [UInt8(4), 2, 1]).filter { classes & $0.1 != 0 }.map { String($0.0) }.joined()
        let what = permissions.map { "rwxXstugo".dropFirst(Int($0.rawValue)).prefix(1) }.joined()
        let how = ["+", "-", "="][Int(operation.rawValue)]
        return who + how + what
    }
}

extension ModeChange.Clause {
    fileprivate func apply(to mode: inout UInt16, isDirectory: Bool) {
        var bits: UInt16 = 0
        for (index, shift) in [UInt16(6), 3, 0].enumerated() where classes & (4 >> UInt8(index)) != 0 {
            for permission in permissions {
                switch permission {
                case .read: bits |= 4 << shift
                case .write: bits |= 2 << shift
                case .execute: bits |= 1 << shift
                case .executeIfDirectoryOrAny: if isDirectory || mode & 0o111 != 0 { bits |= 1 << shift }
                case .setID: bits |= shift == 6 ? 0o4000 : shift == 3 ? 0o2000 : 0
                case .sticky: bits |= 0o1000
                case .copyUser: bits |= (mode >> 6 & 7) << shift
                case .copyGroup: bits |= (mode >> 3 & 7) << shift
                case .copyOther: bits |= (mode & 7) << shift
                }
            }
        }
        switch operation {
        case .add: mode |= bits
        case .remove: mode &= ~bits
        case .set:
            var cleared: UInt16 = 0
            if classes & 4 != 0 { cleared |= 0o4700 }
            if classes & 2 != 0 { cleared |= 0o2070 }
            if classes & 1 != 0 { cleared |= 0o1007 }
            mode = mode & ~cleared | bits
        }
    }
}
