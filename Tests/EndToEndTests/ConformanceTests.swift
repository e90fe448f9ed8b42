import Glibc
import Synchronization
import Testing

/// The cases that are shared with the project: each is a Dockerfile and the image that BuildKit made of it.
@Suite("Conformance", .enabled(if: Tool.has("python3", Conformance.runner, for: "conformance cases")))
struct ConformanceTests {
    @Test(
        "the image is the one that BuildKit made, its trees are right",
        .timeLimit(.minutes(20)),
        arguments: Conformance.required
    )
    func isAsRecorded(_ name: String) throws {
        let outcome = try Conformance.run(name)
        Conformance.count(name, passed: outcome.status == 0)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(
        "a case of later work is built as recorded, or refused by name",
        .timeLimit(.minutes(20)),
        arguments: Conformance.later
    )
    func isAsRecordedOrRefused(_ name: String) throws {
        let outcome = try Conformance.run(name)
        Conformance.count(name, passed: outcome.status == 0)
        #expect(outcome.status == 0 || outcome.output.contains("is not supported yet"), "\(outcome.output)")
    }
}

/// Where the cases are, and how one is run.
enum Conformance {
    static let folder = Tool.shared + "/conformance"
    static let runner = folder + "/run.py"

    /// The cases that pass whole (issue 5, "Done when", 2).
    static let required = all.filter { name in
        beginnings.contains { name.hasPrefix($0) }
    }

    /// All others.
    static let later = all.filter { name in !beginnings.contains { name.hasPrefix($0) } }

    private static let beginnings =
        ["basic/", "config/", "stages/"]
        + [
            "merges-and-replaces", "destination-through-symlinks", "from-stage", "directory-over-file", "chmod",
            "chown-n",
        ].map { "copy/" + $0 }
        + [
            "standard-world", "capabilities", "network-none", "deletes-and-replaces", "recreate-directory",
            "rename-directory", "metadata-only", "hosts-and-resolv", "touch-without-change", "special-files",
            "background",
        ].map { "run/" + $0 }

    /// The names of all cases, such as `copy/chmod`.
    private static let all = names(in: folder + "/cases").flatMap { area in
        names(in: folder + "/cases/" + area).filter { $0.hasSuffix(".case") }.map { "\(area)/\($0.dropLast(5))" }
    }

    private static let state: String = {
        let path = (try? makeTemporaryFolder("conformance")) ?? ""
        atexit { try? removeTree(Conformance.state) }
        return path
    }()

    private static let results = Mutex<[String: Bool]>([:])

    /// Builds a case and compares the image; the output tells the differences.
    static func run(_ name: String) throws -> Outcome {
        let pattern = "/cases/\(name)[.]case$"
        let environment = [
            "SWIFT_BUILD_IMAGE_ROOT": state, "SWIFT_BUILD_IMAGE_CHECK": "trees", "PYTHONDONTWRITEBYTECODE": "1",
        ]
        let arguments = ["python3", runner, "--tool", Tool.path + " build", "-j", "1", "-v", "--only", pattern]
        let outcome = try Program(arguments, environment: environment, within: 100).finish()
        guard outcome.output.contains("1 passed, 0 failed") || outcome.status != 0 else {
            throw DriverError("\(name): the runner found no such case")
        }
        return outcome
    }

    /// Notes a result; after the last one all are told.
    static func count(_ name: String, passed: Bool) {
        let whole: [String: Bool]? = results.withLock { results in
            results[name] = passed
            return results.count == all.count ? results : nil
        }
        guard let whole else { return }
        let failed = whole.filter { !$0.value }.keys.sorted()
        print("conformance, all areas: \(whole.count - failed.count) of \(whole.count) cases pass; not yet: \(failed)")
    }
}
