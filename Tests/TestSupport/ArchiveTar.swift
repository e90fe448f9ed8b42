package import Bytes
package import OCI

/// A tar made by hand, with whatever a hostile writer may put in: nothing is checked.
package struct ArchiveTar: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// An entry; `size` is a field of its own where it is not the content's.
    package mutating func add(
        _ name: ByteString,
        _ content: [UInt8] = [],
        kind: Character = "0",
        link: ByteString = "",
        size: [UInt8]? = nil,
        mode: Int = 0o644,
        owner: (uid: Int, gid: Int) = (0, 0)
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
        put(octal(mode, 7), 100, 7)
        put(octal(owner.uid, 7), 108, 7)
        put(octal(owner.gid, 7), 116, 7)
        put(size ?? octal(content.count, 11), 124, 12)
        header[156] = kind.asciiValue ?? 0
        put(link.bytes, 157, 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), 257, 8)
        for index in 148..<156 { header[index] = 0x20 }
        put(octal(header.reduce(0) { $0 + Int($1) }, 7), 148, 7)
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    package mutating func add(_ name: ByteString, _ text: String) { add(name, Array(text.utf8)) }

    /// PAX records for the next entry.
    package mutating func addRecords(_ records: [(ByteString, ByteString)]) {
        var body: [UInt8] = []
        for (key, value) in records {
            let rest = key.count + value.count + 3
            var length = rest + 1
            while String(length).utf8.count + rest != length { length += 1 }
            body += Array("\(length) ".utf8) + key.bytes + [0x3D] + value.bytes + [0x0A]
        }
        add("PaxHeaders/x", body, kind: "x")
    }

    /// With the blocks that end a tar.
    package var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

extension ArchiveTar {
    /// A docker archive of one image.
    ///
    /// `configure` changes the config, whose diffIDs are those of the layers.
    package static func docker(
        _ layers: [ArchiveTar],
        named name: String = "app:1",
        _ configure: (inout ImageConfig) -> Void = { _ in }
    ) -> [UInt8] {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"), mediaType: .dockerConfig)
        config.diffIDs = layers.map { Digest(of: $0.ended) }
        configure(&config)
        var tar = ArchiveTar()
        tar.add("config.json", Document(config).bytes)
        for (index, layer) in layers.enumerated() { tar.add(ByteString("\(index).tar"), layer.ended) }
        let names = layers.indices.map { "\"\($0).tar\"" }.joined(separator: ",")
        tar.add("manifest.json", #"[{"Config":"config.json","RepoTags":["\#(name)"],"Layers":[\#(names)]}]"#)
        return tar.ended
    }
}
