import Bytes
import Dockerfile
import Foundation
import Graph
import OCI
import TestSupport
import Testing

/// What lowering alone decides of the recorded cases: the config and the history.
@Suite("Recorded cases")
struct RecordedCaseTests {
    private func request(_ recorded: RecordedCase, _ dockerfile: ByteString) throws -> (LoweringRequest, MemoryImages) {
        var request = LoweringRequest(dockerfile: try DockerfileParser.parse(SourceText(content: dockerfile)))
        var images: [ByteString: NamedInput] = ["busybox": .image(try Busybox.image())]
        request.namedContexts = ["busybox"]
        let environment = (recorded.head["env"] ?? "").split(separator: " ").map {
            ByteString($0).split(separator: 0x3D)
        }
        for (name, value) in recorded.flags {
            let parts = ByteString(value).split(separator: UInt8(ascii: "="))
            let rest = parts.dropFirst().joined(separator: "=")
            switch name {
            case "--build-arg":
                let fromHost = environment.first { $0[0] == parts[0] }?.dropFirst().joined(separator: "=")
                request.buildArguments[parts[0]] = parts.count > 1 ? rest : fromHost
            case "--label": request.labels[parts[0]] = rest
            case "--target": request.target = parts[0]
            case "--platform": request.platform = try Platform(parsing: parts[0])
            case "--build-context":
                request.namedContexts.insert(parts[0])
                images[parts[0]] = .local(LocalSource(name: parts[0]))
            default: break
            }
        }
        return (request, MemoryImages(images))
    }

    @Test(
        "config and history are BuildKit's",
        arguments: RecordedCase.all.filter { $0.golden != nil && $0.dockerfile != nil }
    )
    func golden(_ recorded: RecordedCase) async throws {
        let dockerfile = try #require(recorded.dockerfile)
        let golden = try JSONValue(parsing: try #require(recorded.golden))
        let (request, images) = try request(recorded, dockerfile)
        let result = try await Lowering.lower(request, images: images)
        let document = try JSONValue(parsing: Document(result.config).bytes)
        #expect(sorted(runtime(document["config"])) == sorted(golden["config"] ?? .null))
        #expect(document["os"] == golden["os"])
        #expect(document["architecture"] == golden["architecture"])
        #expect(document["author"]?.string ?? "" == golden["author"]?.string)
        #expect(JSONValue.array(result.history.map { .string($0) }) == golden["history"])
        #expect(JSONValue.array(result.config.history.map { .bool($0.isEmptyLayer) }) == golden["history_empty"])
        // As many layers as the history tells of.
        let layers = result.config.diffIDs.count + result.graph.image.chain.count - 1
        #expect(result.config.history.count { !$0.isEmptyLayer } == layers)
    }

    /// Cases that must fail before anything runs.
    ///
    /// The others fail in what lowering does not do.
    static let refused: Set<String> = [
        "basic/unknown-instruction", "config/expose-invalid", "config/healthcheck-bad-duration",
        "config/platform-invalid",
        "config/stopsignal-invalid", "copy/chmod-invalid", "copy/from-later-stage", "stages/invalid-name",
        "stages/self-reference", "stages/target-unknown", "vars/arg-in-from-missing", "vars/bad-modifier",
        "vars/required-unset",
    ]

    @Test(
        "what BuildKit refuses is refused, with what the message must say",
        arguments: RecordedCase.all.filter { refused.contains($0.name) }
    )
    func refusal(_ recorded: RecordedCase) async throws {
        let dockerfile = try #require(recorded.dockerfile)
        let error = await #expect(throws: (any Error).self) {
            let (request, images) = try request(recorded, dockerfile)
            _ = try await Lowering.lower(request, images: images)
        }
        // What people see: the message, and the lines that it is about.
        var message = (error as? any DescribedError)?.message ?? "\(String(describing: error))"
        if let error = error as? DockerfileError, let source = error.source, let range = error.range {
            for line in range.first...range.last { message += "\n" + source.line(line).text }
        }
        let pattern = try Regex(recorded.head["fails"] ?? ".").ignoresCase()
        #expect(message.firstMatch(of: pattern) != nil, "\(message)")
    }

    /// What the recorder leaves of a config: no empty values, nothing that is for Windows only.
    private func runtime(_ config: JSONValue?) -> JSONValue {
        var result = JSONObject()
        for member in config?.object?.members ?? [] where member.name != "ArgsEscaped" {
            let empty: [JSONValue] = [.null, "", [], .bool(false), .object(JSONObject())]
            if !empty.contains(member.value) { result[member.name] = member.value }
        }
        return .object(result)
    }

    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): return .array(values.map(sorted))
        case .object(let object):
            let members = object.members.sorted { $0.name < $1.name }
            return .object(JSONObject(uniqueMembers: members.map { .init(name: $0.name, value: sorted($0.value)) }))
        default: return value
        }
    }
}
