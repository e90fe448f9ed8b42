import BuildEngine
import Bytes
import Glibc
import Testing

@Suite("The engine")
struct EngineTests {
    struct Case: CustomTestStringConvertible {
        let environment: [ByteString: ByteString]
        let expected: ByteString

        init(_ environment: [ByteString: ByteString], _ expected: ByteString) {
            (self.environment, self.expected) = (environment, expected)
        }

        var testDescription: String { environment.keys.sorted().map(\.text).joined(separator: ", ") }
    }

    static let root: ByteString = "/var/lib/swift-build-image"
    static let ofUser: ByteString = "/.local/share/swift-build-image"

    @Test(
        "the state root is the one that the environment names, else that of the user",
        arguments: [
            Case(["SWIFT_BUILD_IMAGE_ROOT": "/a", "HOME": "/h", "XDG_DATA_HOME": "/x"], "/a"),
            Case(["SWIFT_BUILD_IMAGE_ROOT": "relative"], "relative"),
        ]
            + (geteuid() == 0
                ? [
                    Case([:], root), Case(["HOME": "/h"], root), Case(["XDG_DATA_HOME": "/x"], root),
                    Case(["SWIFT_BUILD_IMAGE_ROOT": ""], root),
                ]
                : [
                    Case(["HOME": "/h"], "/h" + ofUser), Case([:], "/tmp" + ofUser),
                    Case(["HOME": "/h", "XDG_DATA_HOME": "/x"], "/x/swift-build-image"),
                    Case(["HOME": "/h", "XDG_DATA_HOME": "relative"], "/h" + ofUser),
                    Case(["HOME": "/h", "SWIFT_BUILD_IMAGE_ROOT": ""], "/h" + ofUser),
                ])
    )
    func defaultStateRoot(_ expected: Case) {
        #expect(Engine.defaultStateRoot(environment: expected.environment) == expected.expected)
    }

    @Test(
        "the tree check is asked for by its word, among others",
        arguments: zip(
            ["trees", "x,trees,y", "", "tree", "treesx", "TREES", " trees"],
            [true, true] + Array(repeating: false, count: 5)
        )
    )
    func options(_ text: String, _ isOn: Bool) {
        let options = Engine.Options(environment: ["SWIFT_BUILD_IMAGE_CHECK": ByteString(text)])
        #expect(options.checksTrees == isOn)
        #expect(!Engine.Options().checksTrees)
    }

    @Test("an engine makes its root, for its user alone, and tells what the host can", .enabled(if: isRoot))
    func hostReport() throws {
        let project = try Project()
        let engine = try project.engine()
        #expect(engine.stateRoot == ByteString(project.state))
        var status = stat()
        #expect(stat(project.state, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        let report = engine.hostReport()
        #expect(report.sections.map(\.title) == ["Isolation", "State"])
        #expect(report.sections.allSatisfy { !$0.rows.isEmpty })
        #expect(report.sections.flatMap(\.rows).allSatisfy { !$0.name.isEmpty && !$0.value.isEmpty })
    }
}
