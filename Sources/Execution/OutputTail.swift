internal import Bytes

/// The last lines of a step's output, for its error.
///
/// Lines of both streams in the order in which they came.
struct OutputTail {
    private static let lineLimit = 20
    private static let byteLimit = 2000

    private var complete: [ByteString] = []
    private var open: [UInt8] = []

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        // Only what can still be among the last lines is looked at, and how the open line goes on.
        let start = max(0, bytes.count - OutputTail.lineLimit * OutputTail.byteLimit)
        if start > 0 {
            let skipped = bytes[..<start]
            let end = skipped.firstIndex(of: 0x0A)
            add(skipped[..<(end ?? start)])
            if end != nil { closeLine() }
        }
        for part in bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { closeLine() }
            add(part.element)
        }
    }

    private mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>) {
        open += bytes.prefix(max(0, OutputTail.byteLimit - open.count))
    }

    private mutating func closeLine() {
        complete.append(ByteString(open))
        open = []
        if complete.count > 2 * OutputTail.lineLimit { complete.removeFirst(complete.count - OutputTail.lineLimit) }
    }

    var lines: [ByteString] {
        let all = open.isEmpty ? complete : complete + [ByteString(open)]
        return Array(all.suffix(OutputTail.lineLimit))
    }
}
