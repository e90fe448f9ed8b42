internal import ArgumentParser
internal import Bytes

/// Arguments on their way through the parser, which takes strings.
///
/// Bytes that are no UTF-8 survive as scalars of the last private plane, U+10FF00 and the byte. Where an argument holds
/// such a scalar itself, its bytes travel so too.
enum ArgumentText {
    private static let base: UInt32 = 0x10FF00

    /// The string that stands for the bytes.
    static func string(_ argument: ByteString) -> String {
        var result = String.UnicodeScalarView()
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = argument.bytes.makeIterator()
        var position = 0
        func escape(_ count: Int) {
            for byte in argument.bytes[position..<(position + count)] {
                if let scalar = Unicode.Scalar(base + UInt32(byte)) { result.append(scalar) }
            }
            position += count
        }
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return String(result)
            case .error(let length): escape(length)
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                guard !isStandIn(scalar) else {
                    escape(encoded.count)
                    continue
                }
                result.append(scalar)
                position += encoded.count
            }
        }
    }

    /// The bytes that the string stands for.
    static func bytes(_ text: String) -> ByteString {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            if isStandIn(scalar) {
                result.append(UInt8(scalar.value - base))
            } else {
                result += Array(String(scalar).utf8)
            }
        }
        return ByteString(result)
    }

    private static func isStandIn(_ scalar: Unicode.Scalar) -> Bool { (base...(base + 0xFF)).contains(scalar.value) }
}

/// The value of a flag, as bytes.
struct ArgumentValue: ExpressibleByArgument {
    /// What was given.
    let bytes: ByteString

    init(_ bytes: ByteString) { self.bytes = bytes }

    init?(argument: String) { bytes = ArgumentText.bytes(argument) }
}
