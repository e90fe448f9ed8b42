import BuildEngine
import Bytes
import OCI
import TestSupport
import Testing

@Suite("The difference of two images")
struct ImageDifferenceTests {
    private let project: Project

    init() throws { project = try Project() }

    private func difference(_ left: [UInt8], _ right: [UInt8]) async throws -> ImageDifference {
        try project.write("left.tar", left)
        try project.write("right.tar", right)
        return try await project.engine().difference(
            between: .archive(ByteString(project.path) + "/left.tar", image: nil),
            and: .archive(ByteString(project.path) + "/right.tar", image: nil)
        )
    }

    private func layer(_ edit: (inout ArchiveTar) -> Void) -> ArchiveTar {
        var tar = ArchiveTar()
        edit(&tar)
        return tar
    }

    private func lines(_ difference: ImageDifference) -> [String] {
        difference.files.map { file in
            let mark = file.left == nil ? "+" : file.right == nil ? "-" : "~"
            return "\(mark) \(file.path) \(file.aspects.map(\.rawValue).joined(separator: " "))"
        }
    }

    @Test("tells what changed of each file, through layers that are spread otherwise")
    func files() async throws {
        let base = layer {
            $0.add("etc/", kind: "5", mode: 0o755)
            $0.add("etc/same", "same")
            $0.add("etc/content", "one")
            $0.add("etc/mode", "m")
            $0.add("etc/owner", "o")
            $0.add("etc/kind", "k")
            $0.add("etc/link", kind: "2", link: "one")
            $0.add("etc/gone", "g")
            $0.addRecords([("SCHILY.xattr.user.a", "1")])
            $0.add("etc/xattr", "x")
        }
        let change = layer {
            $0.add("etc/content", "two")
            $0.add("etc/mode", Array("m".utf8), mode: 0o755)
            $0.add("etc/owner", Array("o".utf8), owner: (12, 34))
            $0.add("etc/kind", kind: "2", link: "same")
            $0.add("etc/link", kind: "2", link: "two")
            $0.add("etc/.wh.gone")
            $0.add("etc/xattr", "x")
            $0.add("etc/new", "n")
            $0.add("etc/same", "same")
        }
        let expected = [
            "~ etc/content content", "- etc/gone ", "~ etc/kind kind", "~ etc/link target", "~ etc/mode mode",
            "+ etc/new ",
            "~ etc/owner owner", "~ etc/xattr xattrs",
        ]
        let found = try await difference(ArchiveTar.docker([base]), ArchiveTar.docker([base, change]))
        #expect(lines(found) == expected)
        #expect(found.sharedLayers == 1)
        #expect(found.layerCounts == (1, 2))
        #expect(found.config.isEmpty && !found.isEqual)
        #expect(found.files.first?.left?.size == 3 && found.files.first?.right?.kind == .file)
        // The other way round, what was added is removed.
        let back = try await difference(ArchiveTar.docker([base, change]), ArchiveTar.docker([base]))
        #expect(lines(back).map { $0.suffix(9) }.sorted() == expected.map { $0.suffix(9) }.sorted())
        #expect(lines(back).contains("- etc/new ") && lines(back).contains("+ etc/gone "))
    }

    @Test("is nothing for the same files in other layers and other times")
    func equal() async throws {
        let one = layer { $0.add("a", "1") }
        let two = layer { $0.add("b", "2") }
        let both = layer {
            $0.add("b", "2")
            $0.add("a", "1")
        }
        let found = try await difference(ArchiveTar.docker([one, two]), ArchiveTar.docker([both]))
        #expect(found.isEqual)
        #expect(found.sharedLayers == 0)
    }

    @Test("does not read the layers of images that have the same ones")
    func sameLayers() async throws {
        // What cannot be read shows that nobody tried.
        let broken = layer { $0.add("../x", "1") }
        let found = try await difference(
            ArchiveTar.docker([broken]),
            ArchiveTar.docker([broken]) { $0.config.env = ["A=b"] }
        )
        #expect(found.files.isEmpty && found.sharedLayers == 1)
        #expect(found.config == [ImageDifference.Field(name: "Env", key: "A", left: nil, right: "b")])
    }

    @Test("tells the fields of the configs")
    func config() async throws {
        let left = ArchiveTar.docker([]) { config in
            config.author = "me"
            config.config.env = ["PATH=/bin", "A=1", "B=2"]
            config.config.cmd = ["sh"]
            config.config.labels = ["x": "1", "y": "2"]
            config.config.exposedPorts = ["80/tcp"]
            config.config.onBuild = ["RUN a"]
            config.history = [HistoryEntry(createdBy: "ENV A=1", isEmptyLayer: true)]
        }
        let right = ArchiveTar.docker([]) { config in
            config.config.env = ["PATH=/usr/bin", "B=2", "C=3"]
            config.config.cmd = ["sh", "-c"]
            config.config.labels = ["y": "3", "x": "1"]
            config.config.exposedPorts = ["443/tcp"]
            config.config.user = "nobody"
            config.history = [HistoryEntry(createdBy: "ENV A=1", isEmptyLayer: true)]
        }
        let found = try await difference(left, right).config.map { field in
            "\(field.name) \(field.key ?? "-"): \(field.left ?? "-") → \(field.right ?? "-")"
        }
        #expect(
            found == [
                "author -: me → -", "User -: - → nobody", "ExposedPorts 443/tcp: - → ", "ExposedPorts 80/tcp:  → -",
                "Env PATH: /bin → /usr/bin", "Env A: 1 → -", "Env C: - → 3", #"Cmd -: ["sh"] → ["sh","-c"]"#,
                "Labels y: 2 → 3", "OnBuild 1: RUN a → -",
            ]
        )
    }
}
