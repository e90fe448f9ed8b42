import Bytes
import Contexts
import Graph
import Linux
import OCI
import Registry
import Store
import Testing
import Trees

@testable import Execution

/// What FROM and `--from` find outside of the Dockerfile.
@Suite("Inputs of a build", .enabled(if: isRoot), .timeLimit(.minutes(20)))
struct BuildInputsTests {
    let scratch: Scratch
    let store: StateRoot

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func folder(_ name: ByteString) throws -> LocalContext {
        try LocalContext(path: name, root: scratch.folder(name), rules: IgnoreRules(), indexFolder: nil)
    }

    private func inputs(_ named: [ByteString: BuildInputs.Named] = [:]) throws -> BuildInputs {
        BuildInputs(
            context: try folder("context"),
            named: named,
            store: store,
            images: BaseImages(of: store),
            files: RemoteFiles(of: store)
        )
    }

    struct Name: CustomTestStringConvertible {
        let key: ByteString
        let asked: ByteString
        let isFound: Bool

        init(_ key: ByteString, _ asked: ByteString, _ isFound: Bool) {
            (self.key, self.asked, self.isFound) = (key, asked, isFound)
        }

        var testDescription: String { "\(asked) by \(key)" }
    }

    static let names = [
        Name("base", "base", true), Name("base", "BASE", true), Name("base", "base:latest", true),
        Name("base", "docker.io/library/base", true), Name("docker.io/library/base:latest", "base", true),
        Name("base:1", "docker.io/library/base:1", true), Name("ghcr.io/a/b", "ghcr.io/a/b:latest", true),
        Name("base", "base:1", false), Name("base", "other/base", false), Name("base", "localhost/base", false),
        Name("base", "basex", false),
    ]

    @Test("a named context answers for its name, in short or in full, and for no other", arguments: names)
    func named(_ name: Name) async throws {
        let inputs = try inputs([name.key: .image("scratch")])
        do {
            let found = try await inputs.find(name.asked, platform: .host)
            guard case .scratch = found else {
                Issue.record("it is something else")
                return
            }
            #expect(name.isFound)
        } catch is RegistryError {
            #expect(!name.isFound)
        }
    }

    @Test("a folder that is found by its name can be opened", arguments: ["code", "CODE"] as [ByteString])
    func folders(_ asked: ByteString) async throws { try await openFolder(asked) }

    @Test(
        "a folder that is found under another form of its name can be opened",
        arguments: ["code:latest", "docker.io/library/code"] as [ByteString]
    )
    func foldersByReference(_ asked: ByteString) async throws { try await openFolder(asked) }

    private func openFolder(_ asked: ByteString) async throws {
        try scratch.write("code/file", "text")
        let inputs = try inputs(["code": .folder(try folder("code"))])
        guard case .local(let source) = try await inputs.find(asked, platform: .host) else {
            Issue.record("no folder")
            return
        }
        let tree = try await inputs.open(source, for: VertexID(3), reading: [.word("file")])
        let expected = TreeEntry.Node.file(ContentHash(of: Array("text".utf8)), size: 4)
        #expect(try inputs.entry(at: TreePath(["file"]), in: tree)?.node == expected)
        #expect(try inputs.folder(of: VertexID(3))?.names() == ["file"])
        #expect(inputs.folder(of: VertexID(4)) == nil)
    }

    @Test("the build's own context is a folder, and a folder that nobody gave is an error that names it")
    func ownContext() async throws {
        try scratch.write("context/a/b", "text")
        let inputs = try inputs()
        let reads: [TreeRead] = [.word("a"), .word("absent"), .word("[")]
        let tree = try await inputs.open(.buildContext, for: VertexID(0), reading: reads)
        #expect(try inputs.entry(at: TreePath(["a", "b"]), in: tree)?.kind == .file)
        do {
            _ = try await inputs.open(LocalSource(name: "absent"), for: VertexID(1), reading: [])
            Issue.record("it was opened")
        } catch ExecutionError.unknownLocalSource(let name) { #expect(name == "absent") }
    }

    @Test("an image that is nowhere is told by the name that was asked for at last")
    func unknownImages() async throws {
        let cases: [(named: [ByteString: BuildInputs.Named], missing: String)] = [
            ([:], "library/absent"), (["absent:1": .image("other")], "library/other"),
        ]
        for (named, missing) in cases {
            do {
                _ = try await inputs(named).find("absent:1", platform: .host)
                Issue.record("it was found")
            } catch let error as RegistryError { #expect(error.message.contains(missing)) }
        }
        await #expect(throws: OCIError.self) { _ = try await inputs().find("no name", platform: .host) }
    }

    @Test("an image of a layout is pinned by its manifest, and its layers are read from there")
    func layouts() async throws {
        let layout = try BaseLayout([["file": "text"]], in: scratch, "layout")
        let inputs = try inputs(["base": .layout(layout.context, tag: nil, digest: nil)])
        guard case .image(let image) = try await inputs.find("base", platform: .host) else {
            Issue.record("no image")
            return
        }
        #expect(image.manifestDigest == layout.manifest.digest)
        #expect(image.layers == layout.layers)
        #expect(image.config.diffIDs == layout.config.content.diffIDs)
        let bytes = try #require(try inputs.images.openLayer(layout.layers[0], of: image)).readAll(limit: 1 << 20)
        #expect(Digest(of: bytes) == layout.layers[0].digest)
        var other = image
        other.manifestDigest = Digest(of: [])
        #expect(try inputs.images.openLayer(layout.layers[0], of: other) == nil)
    }

    @Test("an image of the store is found by its name in any form, unless a named context has it")
    func stored() async throws {
        let layout = try BaseLayout([["file": "text"]], in: scratch, "layout")
        try layout.put(into: store, name: "docker.io/library/kept:latest")
        for asked in ["kept", "kept:latest", "docker.io/library/kept"] as [ByteString] {
            guard case .image(let image) = try await inputs().find(asked, platform: .host) else {
                Issue.record("no image")
                continue
            }
            #expect(image.manifestDigest == layout.manifest.digest)
            #expect(image.name == "docker.io/library/kept:latest")
        }
        guard case .scratch = try await inputs(["kept": .image("scratch")]).find("kept", platform: .host) else {
            Issue.record("the named context comes first")
            return
        }
        guard case .image(let image) = try await inputs(["x": .image("kept")]).find("x", platform: .host) else {
            Issue.record("no image")
            return
        }
        #expect(image.manifestDigest == layout.manifest.digest)
    }
}
