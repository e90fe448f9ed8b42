package import Bytes

/// One entry of a tar as our writer makes it: a ustar header, with PAX records before it for what that cannot hold
/// (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block").
///
/// Equal fields give equal bytes: no names of users, no device or inode numbers, no time of writing.
package struct TarHeader {
    package enum Kind: UInt8, Sendable {
        case file = 0x30
        case hardLink = 0x31
        case symlink = 0x32
        case characterDevice = 0x33
        case blockDevice = 0x34
        case directory = 0x35
        case fifo = 0x36
        case records = 0x78
    }

    static let blockSize = 512

    package var kind: Kind
    /// Without a leading slash; directories with one at the end.
    package var name: ByteString
    package var linkName: ByteString = ""
    package var mode: UInt16 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var size: UInt64 = 0
    /// Whole seconds since 1970.
    package var modified: Int64 = 0
    package var deviceMajor: UInt32 = 0
    package var deviceMinor: UInt32 = 0
    package var xattrs: [Xattr] = []

    package init(_ kind: Kind, _ name: ByteString) {
        self.kind = kind
        self.name = name
    }

    /// The header's blocks, a multiple of 512 bytes; the content follows it, padded to such a multiple.
    package var encoded: [UInt8] {
        var records: [(key: ByteString, value: ByteString)] = []
        let split = TarHeader.split(name)
        if split == nil { records.append(("path", name)) }
        if linkName.count > 100 || !TarHeader.isASCII(linkName) { records.append(("linkpath", linkName)) }
        if size > TarHeader.largestSize { records.append(("size", ByteString("\(size)"))) }
        if uid > TarHeader.largestID { records.append(("uid", ByteString("\(uid)"))) }
        if gid > TarHeader.largestID { records.append(("gid", ByteString("\(gid)"))) }
        let fitsTime = modified >= 0 && modified <= Int64(TarHeader.largestSize)
        if !fitsTime { records.append(("mtime", ByteString("\(modified)"))) }
        // A `=` would end the key; such a name cannot be written in this form.
        for xattr in xattrs where !xattr.name.bytes.contains(0x3D) {
            records.append(("SCHILY.xattr." + xattr.name, xattr.value))
        }
        var result: [UInt8] = []
        if !records.isEmpty {
            let body = TarHeader.body(of: records.sorted { $0.key < $1.key })
            var header = TarHeader(
                .records,
                "PaxHeaders.0/" + TarHeader.shortened(TarHeader.lastComponent(name), to: 80)
            )
            header.mode = 0o644
            header.size = UInt64(body.count)
            result = header.block(prefix: "", name: header.name) + body
            result += [UInt8](repeating: 0, count: TarHeader.padding(after: UInt64(body.count)))
        }
        return result + block(prefix: split?.prefix ?? "", name: split?.name ?? TarHeader.shortened(name, to: 100))
    }

    /// How many zeros fill the last block of a content.
    package static func padding(after size: UInt64) -> Int { Int((512 - size % 512) % 512) }

    /// Two blocks of zeros, which end a tar.
    package static let end = [UInt8](repeating: 0, count: 1024)

    // MARK: Fields

    /// The largest numbers of eleven and seven octal digits.
    private static let largestSize: UInt64 = 0o777_7777_7777
    private static let largestID: UInt32 = 0o777_7777

    private func block(prefix: ByteString, name: ByteString) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: ByteString, at offset: Int) {
            for (index, byte) in text.bytes.enumerated() { block[offset + index] = byte }
        }
        func put(octal value: UInt64, at offset: Int, digits: Int) {
            var rest = value
            for index in stride(from: digits - 1, through: 0, by: -1) {
                block[offset + index] = 0x30 + UInt8(rest & 7)
                rest >>= 3
            }
        }
        put(name, at: 0)
        put(octal: UInt64(mode), at: 100, digits: 7)
        put(octal: UInt64(uid <= TarHeader.largestID ? uid : 0), at: 108, digits: 7)
        put(octal: UInt64(gid <= TarHeader.largestID ? gid : 0), at: 116, digits: 7)
        put(octal: size <= TarHeader.largestSize ? size : 0, at: 124, digits: 11)
        let fitsTime = modified >= 0 && modified <= Int64(TarHeader.largestSize)
        put(octal: fitsTime ? UInt64(modified) : 0, at: 136, digits: 11)
        block[156] = kind.rawValue
        put(TarHeader.shortened(linkName, to: 100), at: 157)
        put(ByteString(Array("ustar\0".utf8) + Array("00".utf8)), at: 257)
        put(octal: UInt64(deviceMajor), at: 329, digits: 7)
        put(octal: UInt64(deviceMinor), at: 337, digits: 7)
        put(prefix, at: 345)
        var sum: UInt64 = 8 * 0x20
        for byte in block { sum += UInt64(byte) }
        put(octal: sum, at: 148, digits: 6)
        block[155] = 0x20
        return block
    }

    /// The name cut at a slash for the two fields of a header; nil where it does not fit or is not ASCII.
    private static func split(_ name: ByteString) -> (prefix: ByteString, name: ByteString)? {
        guard isASCII(name) else { return nil }
        if name.count <= 100 { return ("", name) }
        guard name.count <= 256 else { return nil }
        let bytes = name.bytes
        // The first slash that leaves no more than 100 bytes after it, and is not the last byte.
        for index in max(0, bytes.count - 101)..<min(156, bytes.count - 1) where bytes[index] == 0x2F && index > 0 {
            return (ByteString(bytes[..<index]), ByteString(bytes[(index + 1)...]))
        }
        return nil
    }

    /// What readers that do not know the records get: ASCII, and no slash at the end of what is no directory.
    private static func shortened(_ text: ByteString, to length: Int) -> ByteString {
        if text.count <= length && isASCII(text) { return text }
        var bytes = Array(text.bytes.lazy.filter { $0 < 0x80 && $0 != 0 }.prefix(length))
        while bytes.last == 0x2F { bytes.removeLast() }
        return ByteString(bytes)
    }

    private static func lastComponent(_ name: ByteString) -> ByteString {
        name.bytes.split(separator: 0x2F).last.map { ByteString(Array($0)) } ?? ""
    }

    private static func isASCII(_ text: ByteString) -> Bool { text.bytes.allSatisfy { $0 < 0x80 } }

    /// `LENGTH KEY=VALUE\n` for each, where the length counts its own digits.
    private static func body(of records: [(key: ByteString, value: ByteString)]) -> [UInt8] {
        var result: [UInt8] = []
        for record in records {
            let rest = 3 + record.key.count + record.value.count
            var length = rest + String(rest).utf8.count
            length = rest + String(length).utf8.count
            result += Array("\(length) ".utf8) + record.key.bytes + [0x3D] + record.value.bytes + [0x0A]
        }
        return result
    }
}
