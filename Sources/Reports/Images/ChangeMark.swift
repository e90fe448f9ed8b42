internal import Bytes

/// How a change is marked: `+`, `~` and `-`, in colours where they are wanted.
enum ChangeMark: String {
    case added = "+"
    case changed = "~"
    case removed = "-"

    func text(isColoured: Bool) -> String {
        guard isColoured else { return rawValue }
        let colour =
            switch self {
            case .added: 32
            case .changed: 33
            case .removed: 31
            }
        return "\u{1B}[\(colour)m\(rawValue)\u{1B}[0m"
    }
}

/// Kind and mode of a file, as ls(1) and JSON have them.
enum FileKindText {
    /// What the kind is called.
    static func name(_ kind: FileKind) -> String {
        switch kind {
        case .file: "file"
        case .directory: "directory"
        case .symlink: "link"
        case .characterDevice: "character device"
        case .blockDevice: "block device"
        case .fifo: "fifo"
        case .socket: "socket"
        }
    }

    /// The ten characters that ls(1) shows: `drwxr-xr-x`.
    static func permissions(_ kind: FileKind, _ mode: UInt16) -> String {
        let letter =
            switch kind {
            case .file: "-"
            case .directory: "d"
            case .symlink: "l"
            case .characterDevice: "c"
            case .blockDevice: "b"
            case .fifo: "p"
            case .socket: "s"
            }
        var text = letter
        for (shift, special, lower, upper) in [(6, 0o4000, "s", "S"), (3, 0o2000, "s", "S"), (0, 0o1000, "t", "T")] {
            let bits = mode >> UInt16(shift)
            let isSpecial = mode & UInt16(special) != 0
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            text += isSpecial ? (bits & 1 != 0 ? lower : upper) : bits & 1 != 0 ? "x" : "-"
        }
        return text
    }

    /// Four octal digits.
    static func octal(_ mode: UInt16) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
