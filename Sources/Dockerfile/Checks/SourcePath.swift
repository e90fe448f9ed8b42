import Bytes

/// Paths of sources in a context.
enum SourcePath {
    /// The shortest path with the same meaning: `./a//b/../c` is `a/c`, nothing is `.`.
    static func cleaned(_ path: ByteString) -> ByteString {
        let isRooted = path.bytes.first == Byte.slash
        var parts: [ByteString] = []
        for part in path.split(separator: Byte.slash) where !part.isEmpty && part != "." {
            if part != ".." {
                parts.append(part)
            } else if let last = parts.last, last != ".." {
                parts.removeLast()
            } else if !isRooted {
                parts.append(part)
            }
        }
        if isRooted { return "/" + parts.joined(separator: "/") }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    /// The last part of a path; empty for none.
    static func name(_ path: ByteString) -> ByteString {
        path.split(separator: Byte.slash).last { !$0.isEmpty } ?? ByteString()
    }
}
