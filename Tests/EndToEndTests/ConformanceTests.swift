import Glibc
import Synchronization
import Testing

/// The cases that are shared with the project: each is a Dockerfile and the image that BuildKit made of it.
@Suite("Conformance", .enabled(if: Tool.has("python3", Conformance.runner, for: "conformance cases")))
struct ConformanceTests {
    @Test(
        "the image is the one that BuildKit made, its trees are right",
        .timeLimit(.minutes(20)),
        arguments: Conformance.all
    )
    func isAsRecorded(_ name: String) throws {
        let outcome = try Conformance.run(name)
        Conformance.count(name, passed: outcome.status == 0)
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}

/// Where the cases are, and how one is run.
enum Conformance {
    static let folder = Tool.shared + "/conformance"
    static let runner = folder + "/run.py"

    /// The names of all cases, such as `copy/chmod`.
    static let all = names(in: folder + "/cases").flatMap { area in
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
