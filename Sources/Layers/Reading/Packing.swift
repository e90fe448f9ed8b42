/// How bytes are packed, told by their first ones.
package enum Packing: Sendable, Hashable, CaseIterable {
    case gzip
    case zstd
    case xz
    case bzip2

    /// The packing that a file starts as; nil for plain bytes and for what is not known.
    package init?(start: [UInt8]) {
        guard let found = Packing.allCases.first(where: { start.starts(with: $0.mark) }) else { return nil }
        // Its mark is text that a name in a plain tar might start with.
        if found == .bzip2, !start.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) { return nil }
        self = found
    }

    /// How many bytes ``init(start:)`` looks at.
    package static let markLength = 10

    private var mark: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .bzip2: [0x42, 0x5A, 0x68]
        }
    }
}
