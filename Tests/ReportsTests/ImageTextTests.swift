import BuildEngine
import Bytes
import OCI
import Reports
import Testing

@Suite("What people are shown of images")
struct ImageTextTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    private func identity(_ word: ByteString) throws -> ImageIdentity {
        let digest = try Digest(Self.digest)
        let platform = Platform(os: "linux", architecture: "amd64")
        return ImageIdentity(
            word: word,
            names: [try Reference("app:1")],
            id: digest,
            digest: digest,
            platform: platform
        )
    }

    private func layer(_ number: Int, _ instruction: ByteString, size: Int64, wasted: Int64) throws -> ImageLayers.Layer
    {
        let digest = try Digest(Self.digest)
        return ImageLayers.Layer(
            number: number,
            instruction: instruction,
            created: nil,
            digest: digest,
            diffID: digest,
            packedSize: size / 2,
            plainSize: size,
            added: ImageLayers.FileCount(files: 10, size: size),
            changed: ImageLayers.FileCount(files: 0, size: 0),
            removed: ImageLayers.FileCount(files: 2, size: 7),
            wasted: wasted
        )
    }

    private func layers() throws -> ImageLayers {
        ImageLayers(
            image: try identity("app:1"),
            layers: [
                try layer(1, "/bin/sh -c #(nop) ADD file:abc in / ", size: 77_812_345, wasted: 1_204_000),
                try layer(2, "RUN /bin/sh -c apt-get update\n  && make # buildkit", size: 999, wasted: 0),
            ],
            efficiency: 0.98765,
            wastedPaths: [ImageLayers.WastedPath(path: "var/a\u{1B}[2J", isDirectory: true, size: 1_204_000)]
        )
    }

    @Test(
        "layers stand in columns, sizes in Docker's units, instructions as people wrote them, nothing moves the cursor"
    )
    func columns() throws {
        let text = LayersText(try layers(), width: nil).text
        #expect(
            text == """
                app:1 (linux/amd64) \(Self.digest)

                LAYER    SIZE  PACKED  ADDED  CHANGED  REMOVED  WASTED  INSTRUCTION
                    1  77.8MB  38.9MB     10        0        2   1.2MB  ADD file:abc in /
                    2    999B    499B     10        0        2      0B  RUN apt-get update && make

                efficiency 98.7 %: 1.2MB of 77.8MB are wasted

                WASTED  PATH
                 1.2MB  /var/a\\x1b[2J/

                """
        )
        let short = LayersText(try layers(), width: 64).text.split(separator: "\n")[2]
        #expect(short.hasPrefix("    1  77.8MB") && short.hasSuffix("  ADD fil…") && short.count == 64)
    }

    @Test("layers as JSON have everything")
    func layersDocument() throws {
        let document = try JSONValue(parsing: Array(LayersText(try layers(), width: nil).json.utf8))
        #expect(document["efficiency"] == .number("0.98765"))
        #expect(document["packedSize"]?.integer == 38_906_671)
        #expect(document["wasted"]?.array?.first?["path"]?.string == "/var/a\u{1B}[2J")
        let first = document["layers"]?.array?.first
        #expect(first?["instruction"]?.string == "/bin/sh -c #(nop) ADD file:abc in / ")
        #expect(first?["removed"] == ["files": 2, "size": 7])
        #expect(first?["created"] == .null)
        #expect(document["image"]?["names"] == ["docker.io/library/app:1"])
    }

    private func file(_ kind: FileKind, _ size: Int64 = 0, mode: UInt16 = 0o644, target: ByteString? = nil) -> ImageFile
    {
        ImageFile(kind: kind, size: size, mode: mode, uid: 0, gid: 5, target: target, device: nil, xattrs: [])
    }

    @Test("the files of a layer stand as a tree with marks, under the folders that lead to them")
    func tree() throws {
        let none = ImageLayers.FileCount(files: 0, size: 0)
        let changes = [
            LayerFiles.Change(
                path: "bin/su",
                mark: .changed,
                file: file(.file, 70_000, mode: 0o4755),
                formerKind: nil,
                removed: none
            ),
            LayerFiles.Change(
                path: "etc/a/old",
                mark: .removed,
                file: file(.directory, mode: 0o755),
                formerKind: nil,
                removed: ImageLayers.FileCount(files: 12, size: 4_500_000)
            ),
            LayerFiles.Change(
                path: "etc/a/x\ny",
                mark: .added,
                file: file(.symlink, mode: 0o777, target: "z"),
                formerKind: nil,
                removed: none
            ),
            LayerFiles.Change(
                path: "etc/b",
                mark: .added,
                file: file(.directory, mode: 0o1777),
                formerKind: .file,
                removed: none
            ),
        ]
        let files = LayerFiles(number: 3, instruction: "RUN x", changes: changes)
        #expect(
            LayerFilesText(files, isColoured: false).text == """
                layer 3: RUN x
                                          bin/
                ~ -rwsr-xr-x 0:5    70kB    su
                                          etc/
                                            a/
                - drwxr-xr-x 0:5   4.5MB      old/ (12 files)
                + lrwxrwxrwx 0:5              x\\x0ay -> z
                + drwxrwxrwt 0:5            b/ (was a file)

                """
        )
        let json = LayerFilesText(files, isColoured: false).json
        #expect(json.split(separator: "\n").count == 1)
        let document = try JSONValue(parsing: Array(json.utf8))
        #expect(document["files"]?.array?.map { $0["change"]?.string } == ["changed", "removed", "added", "added"])
        #expect(document["files"]?.array?[0]["mode"]?.string == "4755")
        #expect(LayerFilesText(files, isColoured: true).text.contains("\u{1B}[33m~\u{1B}[0m -rwsr-xr-x"))
    }

    @Test("a difference is told line by line, and as JSON")
    func difference() throws {
        let difference = ImageDifference(
            left: try identity("app:1"),
            right: try identity("app:2"),
            sharedLayers: 1,
            layerCounts: (2, 3),
            config: [ImageDifference.Field(name: "Env", key: "PATH", left: "/bin", right: "/usr/bin")],
            files: [
                ImageDifference.File(
                    path: "a",
                    left: file(.file, 10),
                    right: file(.file, 1200, mode: 0o755),
                    aspects: [.content, .mode]
                ),
                ImageDifference.File(path: "b", left: file(.directory), right: nil, aspects: []),
                ImageDifference.File(path: "c", left: nil, right: file(.file, 5), aspects: []),
            ]
        )
        let text = DifferenceText(difference, isColoured: false)
        #expect(
            text.text == """
                - app:1 (linux/amd64) \(Self.digest), 2 layers
                + app:2 (linux/amd64) \(Self.digest), 3 layers
                  1 layer in common

                config
                  ~ Env PATH: /bin → /usr/bin

                files
                  ~ /a: content, 10B → 1.2kB, mode 0644 → 0755
                  - /b/
                  + /c (5B)

                1 field of the config, 1 path added, 1 changed, 1 removed

                """
        )
        let document = try JSONValue(parsing: Array(text.json.utf8))
        #expect(document["equal"] == false)
        #expect(document["files"]?.array?.map { $0["change"]?.string } == ["changed", "removed", "added"])
        #expect(document["files"]?.array?[0]["aspects"] == ["content", "mode"])
        #expect(document["config"]?.array?[0]["key"]?.string == "PATH")
    }

    @Test(
        "sizes have three digits",
        arguments: zip(
            [0, 999, 1000, 1234, 9994, 9996, 99_960, 999_499, 999_500, 1_500_000, 123_456_789, .max] as [Int64],
            ["0B", "999B", "1kB", "1.23kB", "9.99kB", "10kB", "100kB", "999kB", "1MB", "1.5MB", "123MB", "9.22EB"]
        )
    )
    func sizes(_ size: Int64, _ text: String) throws {
        let layer = try layer(1, "", size: size, wasted: 0)
        let layers = ImageLayers(image: try identity("x"), layers: [layer], efficiency: 1, wastedPaths: [])
        #expect(LayersText(layers, width: nil).text.split(separator: "\n")[2].split(separator: " ")[1] == text)
    }
}
