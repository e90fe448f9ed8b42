import Glibc
import Testing

/// The one file to ship: it needs nothing of the system it runs on.
@Suite(
    "Static program",
    .enabled(if: Tool.has(Tool.releasePath, "unshare", "chroot", for: "the static program (make release)")),
    .timeLimit(.minutes(20))
)
struct StaticBinaryTests {
    let work: Workspace
    private var root: String { work.path + "/root" }

    init() throws {
        work = try Workspace()
        for name in ["", "/proc", "/context", "/var", "/var/lib"] { mkdir(root + name, 0o755) }
        try run("cp", Tool.releasePath, root + "/swift-build-image")
    }

    @Test("it is not linked to any library")
    func links() throws {
        let headers = try readFile(Tool.releasePath).prefix(4096)
        #expect(!String(decoding: headers, as: UTF8.self).contains("ld-linux"))
    }

    @Test("it runs in an empty root with nothing but /proc")
    func version() throws {
        let outcome = try inside("/swift-build-image version")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.contains("."))
    }

    @Test("it builds and exports an image there")
    func build() throws {
        try writeFile(root + "/context/Dockerfile", Array("FROM scratch\nCOPY d /d\nENV A=1\nCMD [\"/d/f\"]\n".utf8))
        try writeFile(root + "/context/d/f", Array("content".utf8))
        let outcome = try inside(
            "/swift-build-image build --progress=plain --output=type=oci,tar=false,dest=/image /context"
        )
        #expect(outcome.status == 0, "\(outcome.error)")
        let image = try ExportedImage(root + "/image", outcome: BuildOutcome(outcome))
        #expect(try image.entries(ofLayer: 0) == ["d/", "d/f"])
        let again = try inside("/swift-build-image build --progress=plain --output=type=cacheonly /context")
        #expect(BuildOutcome(again).executed.isEmpty, "\(again.error)")
        #expect(names(in: root + "/var/lib") == ["swift-build-image"])
    }

    /// Runs a command in the root, in a mount namespace of its own.
    private func inside(_ command: String) throws -> Outcome {
        let script = "mount --make-rprivate / && mount -t proc proc \(root)/proc && exec chroot \(root) \(command)"
        return try run("unshare", "-m", "sh", "-c", script, mayFail: true)
    }
}
