/// What kind of thing a directory entry is.
public enum FileKind: UInt8, Sendable, Hashable {
    case file = 0
    case directory = 1
    case symlink = 2
    case characterDevice = 3
    case blockDevice = 4
    case fifo = 5
    case socket = 6
}
