import Bytes
import Dockerfile

/// A Dockerfile, and the lines at which a rule fires in it.
struct CheckCase: Sendable, CustomStringConvertible {
    var text: String
    var lines: [Int]

    init(_ text: String, _ lines: Int...) {
        self.text = text
        self.lines = lines
    }

    var description: String { text.debugDescription }
}

/// What a test changes in a request.
struct CheckSettings: Sendable {
    var purpose = CheckRequest.Purpose.check
    var target: ByteString?
    var buildArguments: [ByteString: ByteString] = [:]
    var namedContexts: Set<ByteString> = []
    var ignored: [ByteString]?
    /// Environments of images by name.
    var environments: [ByteString: [String]] = [:]
    var triggers: [ByteString] = []
    var hasShell = false
    var mismatch: (actual: String, expected: String)?
}

/// A request for a Dockerfile given as text.
///
/// Images are known only if the settings have their environment.
func checkRequest(_ text: String, _ settings: CheckSettings = CheckSettings()) throws -> CheckRequest {
    let file = try parse(text)
    var request = CheckRequest(
        dockerfile: file,
        configuration: try CheckConfiguration(of: file, buildArguments: settings.buildArguments),
        purpose: settings.purpose,
        target: settings.target,
        buildArguments: settings.buildArguments,
        platformArguments: [
            ("BUILDPLATFORM", "linux/amd64"), ("TARGETPLATFORM", "linux/arm64"), ("TARGETARCH", "arm64"),
        ],
        isImageName: { name in
            !name.isEmpty && !name.hasSuffix(":") && !name.hasSuffix("-") && !name.text.contains("::")
        },
        platform: { text in
            let parts = text.split(separator: UInt8(ascii: "/"))
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    )
    request.namedContexts = settings.namedContexts
    if let ignored = settings.ignored { request.isIgnored = { ignored.contains($0) } }
    request.base = { name, _ in
        guard let environment = settings.environments[name] else { return nil }
        return CheckRequest.Base(
            environment: environment.map { (ByteString($0), "value") },
            hasShell: settings.hasShell,
            triggers: settings.triggers,
            platformMismatch: settings.mismatch
        )
    }
    return request
}

/// What the checks find.
func check(_ text: String, _ settings: CheckSettings = CheckSettings()) throws -> [CheckWarning] {
    DockerfileChecks.run(try checkRequest(text, settings)).warnings
}

/// The lines at which a rule fires.
func lines(of rule: String, in text: String, _ settings: CheckSettings = CheckSettings()) throws -> [Int] {
    try check(text, settings).filter { $0.rule.name == rule }.map(\.range.first)
}

/// The details that a rule gives.
func details(of rule: String, in text: String, _ settings: CheckSettings = CheckSettings()) throws -> [String] {
    try check(text, settings).filter { $0.rule.name == rule }.map(\.detail)
}
