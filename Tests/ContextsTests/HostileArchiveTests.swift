import Bytes
import Contexts
import Glibc
import Layers
import Linux
import OCI
import TestSupport
import Testing

/// What archives of others may try (hostile.md, layers and archives): each is refused and says why.
@Suite("Archives of images that lie")
struct HostileArchiveTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var message: String
        var bytes: [UInt8]

        /// A docker archive of one layer, `layer.tar`, with what `edit` adds before manifest.json.
        init(_ description: String, _ message: String, layer: String = "layer.tar", _ edit: (inout ArchiveTar) -> Void)
        {
            var tar = ArchiveTar()
            var config = ImageConfig(platform: HostileArchiveTests.amd64, mediaType: .dockerConfig)
            config.diffIDs = [Digest(of: Array("layer".utf8))]
            tar.add("config.json", Document(config).bytes)
            edit(&tar)
            tar.add("manifest.json", #"[{"Config":"config.json","RepoTags":["app:1"],"Layers":["\#(layer)"]}]"#)
            self.init(description, message, bytes: tar.ended)
        }

        init(_ description: String, _ message: String, bytes: [UInt8]) {
            testDescription = description
            self.message = message
            self.bytes = bytes
        }

        /// An archive of some files only.
        init(_ description: String, _ message: String, files: [(ByteString, String)]) {
            var tar = ArchiveTar()
            for (name, text) in files { tar.add(name, text) }
            self.init(description, message, bytes: tar.ended)
        }
    }

    private static let amd64 = Platform(os: "linux", architecture: "amd64")
    private static let layer: [UInt8] = Array("layer".utf8)
    private static func refused(_ name: String, _ reason: String) -> String {
        "archive.tar: the archive's entry `\(name)` is refused: \(reason)"
    }
    private static let leadsOut = "its path leads out of the archive"
    private static let twice = "it is there twice, and readers do not agree on which one counts"
    private static let tooLong = "archive.tar: the archive cannot be read: "

    private static let names: [Case] = [
        Case("a name with `..`", refused("../layer.tar", leadsOut)) { $0.add("../layer.tar", layer) },
        Case("a name with `..` inside", refused("a/../../b", leadsOut)) { $0.add("a/../../b", layer) },
        Case("a layer named with `..`", refused("../layer.tar", leadsOut), layer: "../layer.tar") {
            $0.add("layer.tar", layer)
        },
        Case("a link that leads out", refused("layer.tar", leadsOut)) {
            $0.add("layer.tar", kind: "2", link: "../../etc/passwd")
        },
        Case("a hard link that leads out", refused("layer.tar", leadsOut)) {
            $0.add("layer.tar", kind: "1", link: "../etc/passwd")
        },
        Case("an absolute link to a file of the host", "archive.tar lacks the file layer.tar") {
            $0.add("layer.tar", kind: "2", link: "/etc/passwd")
        },
        Case("a link to itself", refused("layer.tar", "too many links lead to each other")) {
            $0.add("layer.tar", kind: "2", link: "layer.tar")
        },
        Case("links to each other", refused("layer.tar", "too many links lead to each other")) {
            $0.add("layer.tar", kind: "2", link: "b")
            $0.add("b", kind: "1", link: "layer.tar")
        },
        Case("a folder for a layer", refused("layer.tar", "it is no file")) { $0.add("layer.tar/", kind: "5") },
        Case("a fifo for a layer", refused("layer.tar", "it is no file")) { $0.add("layer.tar", kind: "6") },
        Case("two files of one name", refused("layer.tar", twice)) {
            $0.add("layer.tar", layer)
            $0.add("/layer.tar", layer)
        },
        Case("two configs", refused("config.json", twice)) { $0.add("config.json", "{}") },
        Case("a missing layer", "archive.tar lacks the file layer.tar") { _ in },
        Case("a name of 5,000 bytes", refused(String(repeating: "n", count: 64), "its path is longer than 4096 bytes"))
        {
            let name = ByteString([UInt8](repeating: 0x6E, count: 5000))
            $0.add("././@LongLink", name.bytes + [0], kind: "L")
            $0.add("short", layer)
        },
    ]

    private static let sizes: [Case] = [
        Case("content beyond the end", refused("layer.tar", "its content goes on beyond the archive's end")) {
            $0.add("layer.tar", kind: "0", size: Array("77777777777".utf8))
        },
        Case("a size below zero", tooLong + "a number in a header is negative or too large") {
            $0.add("layer.tar", size: [UInt8](repeating: 0xFF, count: 12))
        },
        Case("a size of 2^63", tooLong + "a number in a header is too large") {
            $0.add("layer.tar", size: [0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])
        },
        Case("a size of 2^63 - 1", tooLong + "an entry's size is beyond all files") {
            $0.add("PaxHeaders/x", kind: "g", size: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
        },
        Case("a record's size below zero", tooLong + "a pax record's size is not a number of bytes") {
            $0.addRecords([("size", "-1")])
            $0.add("layer.tar", layer)
        },
        Case("records of 2 MiB", tooLong + "the records before an entry have more than 1048576 bytes") {
            $0.add("PaxHeaders/x", [UInt8](repeating: 0x20, count: 2 << 20), kind: "x")
        },
        Case("records without a length", tooLong + "a pax record has no length") {
            $0.add("PaxHeaders/x", Array("99999999 path=x\n".utf8), kind: "x")
        },
        Case("a sparse file", refused("layer.tar", "sparse files are not supported here")) {
            $0.add("layer.tar", layer, kind: "S")
        },
        Case("a sparse file by records", refused("layer.tar", "sparse files are not supported here")) {
            $0.addRecords([("GNU.sparse.major", "1")])
            $0.add("layer.tar", layer)
        },
    ]

    private static let documents: [Case] = [
        Case("no archive", tooLong + "it is cut short", bytes: Array("no archive".utf8)),
        Case(
            "text of a block's length",
            tooLong + "a number in a header is none",
            bytes: [UInt8](repeating: 0x41, count: 512)
        ),
        Case(
            "nothing",
            "archive.tar is not an archive of images: it has neither of the files oci-layout, manifest.json and repositories",
            bytes: []
        ),
        Case(
            "a layout of another version",
            "archive.tar is not an archive of images: its file oci-layout tells version 2.0.0,"
                + " and 1.0.0 is what is known here",
            files: [("oci-layout", #"{"imageLayoutVersion":"2.0.0"}"#)]
        ),
        Case(
            "a layout without an index",
            "archive.tar is not an archive of images: it has no file index.json",
            files: [("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)]
        ),
        Case(
            "manifest.json of more than 4 MiB",
            "manifest.json of archive.tar: the document has 4194305 bytes; at most 4194304 are accepted",
            files: [("manifest.json", String(repeating: " ", count: 4 << 20 | 1))]
        ),
        Case(
            "manifest.json of 100 levels",
            "manifest.json of archive.tar: the JSON is malformed at byte 64: more than 64 arrays and objects stand inside"
                + " each other",
            files: [("manifest.json", String(repeating: "[", count: 100))]
        ),
        Case(
            "manifest.json of 5,000 images",
            "manifest.json of archive.tar: `document` has 5000 entries; at most 4096 are accepted",
            files: [("manifest.json", "[" + String(repeating: "1,", count: 4999) + "1]")]
        ),
        Case(
            "an empty manifest.json",
            "archive.tar is not an archive of images: its manifest.json lists no image",
            files: [("manifest.json", "[]")]
        ),
        Case(
            "a name that is none",
            "manifest.json of archive.tar: `../x` is not an image name: the registry's host is not well formed",
            files: [("manifest.json", #"[{"Config":"c","RepoTags":["../x"]}]"#)]
        ),
        Case(
            "no config",
            "manifest.json of archive.tar: `[0].Config` is not the name of a file",
            files: [("manifest.json", #"[{"RepoTags":[]}]"#)]
        ),
        Case(
            "more layers than the config has",
            "c of archive.tar: the manifest has 2 layers, but its config names 0",
            files: [("manifest.json", #"[{"Config":"c","Layers":["a","b"]}]"#), ("c", "{}"), ("a", ""), ("b", "")]
        ),
        Case(
            "parents in a ring",
            "a/json of archive.tar: `document` is not one of at most 512 parents",
            files: [
                ("repositories", #"{"app":{"1":"a"}}"#), ("a/layer.tar", ""), ("b/layer.tar", ""),
                ("a/json", #"{"parent":"b"}"#), ("b/json", #"{"parent":"a"}"#),
            ]
        ),
        Case(
            "an id with a slash",
            "repositories of archive.tar: `document` is not ids of layers",
            files: [("repositories", #"{"app":{"1":"../../etc"}}"#)]
        ),
    ]

    private func failure(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws -> String {
        try folder.write("archive.tar", ByteString(bytes))
        do {
            let path = ByteString(folder.path) + "/archive.tar"
            _ = try ImageArchive.open(path, spool: folder.directory, limits: limits)
            return "none"
        } catch {
            guard let error = error as? ContextsError else { return "\(error)" }
            return error.message.split(separator: folder.path + "/", omittingEmptySubsequences: false).joined()
        }
    }

    @Test("is refused with its reason", arguments: names + sizes + documents)
    func refused(_ row: Case) throws {
        #expect(try failure(row.bytes) == row.message)
        #expect(try folder.directory.names() == ["archive.tar"])
    }

    @Test("an archive that is cut at any block is refused, or lacks a file")
    func cut() throws {
        let whole = Case("", "") { $0.add("layer.tar", Self.layer) }.bytes
        #expect(try failure(whole) == "none")
        // All but the last padding and the blocks of zeros at the end counts.
        for end in stride(from: 256, to: whole.count - 1536, by: 256) {
            #expect(try failure(Array(whole[..<end])) != "none", "cut at \(end)")
        }
    }

    @Test("an archive that unpacks to more than the limit is refused, and nothing is left of it")
    func bomb() throws {
        let file = try folder.directory.open("zeros", flags: O_RDWR | O_CREAT, mode: 0o600)
        #expect(ftruncate(file.number, 64 << 20) == 0)
        #expect(system("gzip -c '\(folder.path)/zeros' > '\(folder.path)/zeros.gz'") == 0)
        let packed = try folder.directory.open("zeros.gz", flags: O_RDONLY).readAll(limit: 1 << 20)
        var limits = ArchiveLimits()
        limits.plainSize = 1 << 20
        #expect(
            try failure(packed, limits: limits)
                == "archive.tar: the archive is refused: more than 1048576 bytes when unpacked"
        )
        #expect(try failure(Array(packed.dropLast(100))).hasPrefix("archive.tar: the archive cannot be read:"))
        #expect(try folder.directory.names().sorted() == ["archive.tar", "zeros", "zeros.gz"])
    }

    @Test("an archive in which anything was changed is read or refused, never more", arguments: 0..<4)
    func damaged(seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        let whole = Case("", "") {
            $0.addRecords([("path", "layer.tar"), ("size", "5")])
            $0.add("x", Self.layer)
            $0.add("link", kind: "2", link: "layer.tar")
        }.bytes
        for _ in 0..<150 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                let position = Int.random(in: 0..<bytes.count, using: &numbers)
                bytes[position] = UInt8.random(in: 0...255, using: &numbers)
                // Most headers would only be refused for their sums.
                let start = position & ~511
                for index in 148..<156 { bytes[start + index] = 0x20 }
                let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
                let digits = Array(String(sum, radix: 8).utf8)
                bytes.replaceSubrange((start + 148)..<(start + 148 + digits.count), with: digits)
                bytes[start + 148 + digits.count] = 0
            }
            let text = try failure(bytes)
            #expect(text == "none" || text.contains("archive.tar"), "\(text)")
        }
    }

    @Test("an archive of ten thousand entries is read")
    func manyEntries() throws {
        let row = Case("", "") { tar in
            for number in 0..<10_000 { tar.add(ByteString("folder/\(number)"), kind: "0") }
            tar.add("layer.tar", Self.layer)
        }
        #expect(try failure(row.bytes) == "none")
    }

    @Test("blobs that are not what their descriptors say are found out")
    func lyingBlobs() throws {
        // The layer's bytes are not those of the diffID: it is told when they are read.
        let row = Case("", "") { $0.add("layer.tar", "other") }
        try folder.write("archive.tar", ByteString(row.bytes))
        let path = ByteString(folder.path) + "/archive.tar"
        let image = try #require(ImageArchive.open(path, spool: folder.directory).images.first)
        let layer = try #require(image.resolve(for: Self.amd64).manifest.content.layers.first)
        let blob = try image.openBlob(layer)
        #expect(Digest(of: try blob.bytes(limit: 100)) != layer.digest)
        var longer = layer
        longer.size += 1
        #expect(throws: ContextsError.self) { try image.openBlob(longer) }
        longer.digest = Digest(of: [])
        #expect(throws: ContextsError.self) { try image.openBlob(longer) }
    }
}
