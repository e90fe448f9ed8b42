internal import Bytes
internal import Glibc

/// What the process was given, as bytes: a path or a build argument need not be UTF-8.
enum ProcessArguments {
    /// The arguments after the program's name.
    static var words: [ByteString] {
        let count = Int(CommandLine.argc)
        guard count > 1 else { return [] }
        return (1..<count).compactMap { CommandLine.unsafeArgv[$0].map(bytes) }
    }

    /// The environment; of two entries with one name the first counts, as for `getenv`.
    static var environment: [ByteString: ByteString] {
        var result: [ByteString: ByteString] = [:]
        var entry = environ
        while let text = entry.pointee {
            let equals = UInt8(ascii: "=")
            let parts = bytes(text).bytes.split(separator: equals, maxSplits: 1, omittingEmptySubsequences: false)
            let name = ByteString(Array(parts[0]))
            if parts.count == 2, result[name] == nil { result[name] = ByteString(Array(parts[1])) }
            entry += 1
        }
        return result
    }

    private static func bytes(_ text: UnsafeMutablePointer<CChar>) -> ByteString {
        ByteString(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }
}
