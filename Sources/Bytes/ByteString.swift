/// A sequence of bytes that stands for a name, a path, a pattern, an environment entry or Dockerfile text.
///
/// Swift's `String` holds NFC and NFD forms of a name equal and joins CR and LF into one character; file systems and
/// Dockerfiles do not. Two `ByteString`s are equal when their bytes are, and they sort by unsigned byte order.
public struct ByteString: Hashable, Sendable {
    /// The bytes themselves.
    public var bytes: [UInt8]

    /// These bytes; none without an argument.
    @inlinable public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// The bytes of a sequence.
    @inlinable public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The UTF-8 bytes of `text`.
    @inlinable public init(_ text: String) { self.bytes = Array(text.utf8) }

    /// The UTF-8 bytes of `text`.
    @inlinable public init(_ text: Substring) { self.bytes = Array(text.utf8) }

    /// How many bytes.
    @inlinable public var count: Int { bytes.count }
    /// Whether there are none.
    @inlinable public var isEmpty: Bool { bytes.isEmpty }

    /// The text for people: bytes that are not UTF-8 become U+FFFD.
    ///
    /// Never use it to reach a file.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text with control characters and bytes that are not UTF-8 written as `\xNN`, safe for a terminal.
    public var escaped: String {
        var result = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if isControl {
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// One after the other.
    @inlinable public static func + (left: ByteString, right: ByteString) -> ByteString {
        ByteString(left.bytes + right.bytes)
    }

    /// Appends.
    @inlinable public static func += (left: inout ByteString, right: ByteString) {
        left.bytes += right.bytes
    }

    /// Whether it begins with these bytes.
    @inlinable public func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }

    /// Whether it ends with these bytes.
    @inlinable public func hasSuffix(_ suffix: ByteString) -> Bool {
        bytes.count >= suffix.bytes.count && bytes.suffix(suffix.bytes.count).elementsEqual(suffix.bytes)
    }

    /// The parts between single `separator` bytes; empty parts are kept, so joining gives the same bytes back.
    public func split(separator: UInt8) -> [ByteString] {
        bytes.split(separator: separator, omittingEmptySubsequences: false).map { ByteString(Array($0)) }
    }
}

extension ByteString: Comparable {
    /// Before, in unsigned byte order.
    @inlinable public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: ExpressibleByStringLiteral {
    /// The UTF-8 bytes of a literal.
    @inlinable public init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
    /// The same as ``text``.
    public var description: String { text }
}

extension Sequence<ByteString> {
    /// The byte strings with `separator` between them.
    public func joined(separator: ByteString) -> ByteString {
        var result: [UInt8] = []
        var isFirst = true
        for part in self {
            if !isFirst { result += separator.bytes }
            result += part.bytes
            isFirst = false
        }
        return ByteString(result)
    }
}
