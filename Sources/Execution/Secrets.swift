package import Bytes

/// The secrets that the caller of a build has given, by id.
///
/// They are in memory for as long as the build, and go from there to the steps that mount them and nowhere else: not into
/// keys, records, logs or files.
package struct Secrets: Sendable {
    private let values: [ByteString: [UInt8]]

    /// What one may have in bytes, as in BuildKit.
    package static let maximumSize = 500 << 10

    /// `values`: each of at most ``maximumSize`` bytes.
    package init(_ values: [ByteString: [UInt8]] = [:]) { self.values = values }

    /// The value of a secret; nil if it was not given.
    subscript(id: ByteString) -> [UInt8]? { values[id] }

    /// The value of a secret that is one line, without the blanks and line feeds that a file may end with.
    func line(_ id: ByteString) -> String? {
        values[id].map { String(ByteString($0).text.reversed().drop { $0.isWhitespace }.reversed()) }
    }
}

extension Secrets: CustomStringConvertible, CustomReflectable {
    /// How many there are: no printing of a value that holds them tells more.
    package var description: String { "\(values.count) secrets" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
