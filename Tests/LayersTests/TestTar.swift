import Bytes

/// A tar made by hand, with whatever a hostile writer may put in: nothing is checked.
struct TestTar {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: ByteString,
        _ kind: Character = "0",
        link: ByteString = "",
        content: [UInt8] = [],
        mode: Int = 0o644,
        uid: Int = 0,
        size: Int? = nil,
        modified: Int = 1,
        device: (Int, Int) = (0, 0)
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], _ offset: Int, _ limit: Int) {
            for (index, byte) in text.prefix(limit).enumerated() { header[offset + index] = byte }
        }
        func put(_ number: Int, _ offset: Int, _ digits: Int) {
            let text = String(number, radix: 8)
            put(Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8), offset, digits)
        }
        put(name.bytes, 0, 100)
        put(mode, 100, 7)
        put(uid, 108, 7)
        put(0, 116, 7)
        put(size ?? content.count, 124, 11)
        put(modified, 136, 11)
        header[156] = kind.asciiValue ?? 0
        put(link.bytes, 157, 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), 257, 8)
        put(device.0, 329, 7)
        put(device.1, 337, 7)
        for index in 148..<156 { header[index] = 0x20 }
        put(header.reduce(0) { $0 + Int($1) }, 148, 6)
        header[154] = 0
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// PAX records for the next entry.
    mutating func addRecords(_ records: [(ByteString, ByteString)]) {
        var body: [UInt8] = []
        for (key, value) in records {
            let rest = key.count + value.count + 3
            var length = rest + 1
            while String(length).utf8.count + rest != length { length += 1 }
            body += Array("\(length) ".utf8) + key.bytes + [0x3D] + value.bytes + [0x0A]
        }
        add("PaxHeaders/x", "x", content: body)
    }

    /// A name as GNU tar writes long ones.
    mutating func addLongName(_ name: ByteString) { add("././@LongLink", "L", content: name.bytes + [0]) }

    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
