extension ByteString {
    /// The shortest path with the same meaning, as Go's `filepath.Clean` gives it: `a//b/.` and `a/c/../b` are `a/b`.
    package var cleanedPath: ByteString {
        let isRooted = bytes.first == 0x2F
        var parts: [ByteString] = []
        for part in split(separator: 0x2F) where !part.isEmpty && part != "." {
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
}
