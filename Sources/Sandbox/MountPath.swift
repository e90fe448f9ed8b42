package import Bytes

/// An absolute path in a root file system, as names from the root down, without `.`, `..` and empty ones.
///
/// `..` is taken out by the text, as Docker does with mount targets (`/a/../b` is `/b` whatever `/a` is), and never
/// leads above the root.
package struct MountPath: Hashable, Sendable {
    package let names: [ByteString]

    package init(_ path: ByteString) {
        var names: [ByteString] = []
        for name in path.split(separator: 0x2F) {
            switch name {
            case "", ".": continue
            case "..": _ = names.popLast()
            default: names.append(name)
            }
        }
        self.names = names
    }

    package init(names: [ByteString]) { self.names = names }

    package var isRoot: Bool { names.isEmpty }

    /// With a leading slash; `/` for the root.
    package var path: ByteString { "/" + names.joined(separator: "/") }
}

extension MountPath: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(ByteString(value)) }

    package var description: String { path.escaped }
}
