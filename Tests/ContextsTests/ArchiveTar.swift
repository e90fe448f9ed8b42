import Bytes
import OCI

/// A tar made by hand, with whatever a hostile writer may put in: nothing is checked.
struct ArchiveTar {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: ByteString,
        _ content: [UInt8] = [],
        kind: Character = "0",
        link: ByteString = "",
        size: [UInt8]? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], _ offset: Int, _ limit: Int) {
            for (index, byte) in text.prefix(limit).enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, _ digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name.bytes, 0, 100)
        put(octal(0o644, 7), 100, 7)
        put(size ?? octal(content.count, 11), 124, 12)
        header[156] = kind.asciiValue ?? 0
        put(link.bytes, 157, 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), 257, 8)
        for index in 148..<156 { header[index] = 0x20 }
        put(octal(header.reduce(0) { $0 + Int($1) }, 7), 148, 7)
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func add(_ name: ByteString, _ text: String) { add(name, Array(text.utf8)) }

    /// PAX records for the next entry.
    mutating func addRecords(_ records: [(ByteString, ByteString)]) {
        var body: [UInt8] = []
        for (key, value) in records {
            let rest = key.count + value.count + 3
            var length = rest + 1
            while String(length).utf8.count + rest != length { length += 1 }
            body += Array("\(length) ".utf8) + key.bytes + [0x3D] + value.bytes + [0x0A]
        }
        add("PaxHeaders/x", body, kind: "x")
    }

    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
