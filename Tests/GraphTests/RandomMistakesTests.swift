import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

/// Random Dockerfiles with mistakes: what is told of a file of which not all is known has to be true whatever the rest is.
@Suite("Mistakes in random files")
struct RandomMistakesTests {
    private static let names = ["A", "B", "C", "PORT", "PATH"]

    /// An instruction that may be wrong, by itself or for the values of variables.
    private static func line(_ random: inout SeededGenerator) -> String {
        let name = names.randomElement(using: &random) ?? "A"
        let other = names.randomElement(using: &random) ?? "B"
        let value =
            ["80", "SIGTERM", "/x", "", "$\(other)", "${\(other):-0755}", "${\(other):?no}"]
            .randomElement(using: &random) ?? ""
        let lines = [
            "ENV \(name)=\(value)", "ARG \(name)=\(value)", "ARG \(name)", "LABEL l=${\(name):?no}", "EXPOSE $\(name)",
            "EXPOSE \(value)/x", "STOPSIGNAL $\(name)", "STOPSIGNAL \(value)9", "VOLUME \"$\(name)\"",
            "WORKDIR $\(name)",
            "WORKDIR /w", "COPY --chmod=$\(name) a /b", "COPY --from=s\(Int.random(in: 0...3, using: &random)) /a /b",
            "RUN --mount=type=tmpfs,target=$\(name) x", "RUN --mount=type=bind,target=.,from=s1 x", "USER $\(name)",
            "COPY --exclude=[ a /", "ONBUILD EXPOSE $\(name)x", "RUN x",
        ]
        return lines.randomElement(using: &random) ?? "RUN x"
    }

    private static func file(_ random: inout SeededGenerator) -> [String] {
        var lines: [String] = []
        for stage in 0..<Int.random(in: 1...3, using: &random) {
            let bases = ["base", "scratch", "${A:-base}"] + (0..<stage).map { "s\($0)" }
            lines.append("FROM \(bases.randomElement(using: &random) ?? "base") AS s\(stage)")
            for _ in 0..<Int.random(in: 0...5, using: &random) { lines.append(line(&random)) }
        }
        return lines
    }

    private func mistakes(in lines: [String], images: any BaseImageSource) async throws -> [SourceRange] {
        let source = SourceText(content: ByteString(lines.joined(separator: "\n")))
        let request = LoweringRequest(dockerfile: try DockerfileParser.parseLeniently(source))
        return try await Lowering.mistakes(in: request, images: images).compactMap(\.range)
    }

    /// Every name means the same.
    private struct OneAnswer: BaseImageSource {
        let input: NamedInput

        func find(_ name: ByteString, platform: Platform) -> NamedInput { input }
    }

    @Test("what is told without knowing the base is wrong on every base", arguments: 0..<400 as Range<UInt64>)
    func unknownBase(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let lines = Self.file(&random)
        let blind = try await mistakes(in: lines, images: OneAnswer(input: .unknown)).map(\.first)
        for _ in 0..<3 {
            var values: [ByteString] = []
            for name in Self.names where Bool.random(using: &random) {
                let value = ["80", "SIGTERM", "/x", ""].randomElement(using: &random) ?? ""
                values.append(ByteString("\(name)=\(value)"))
            }
            let image = NamedInput.image(
                try Busybox.image { config in
                    config.config.env = values
                    config.config.workingDir = Bool.random(using: &random) ? "/w" : ""
                }
            )
            let known = try await mistakes(in: lines, images: OneAnswer(input: image)).map(\.first)
            #expect(Set(blind).isSubset(of: known), "\(values.map(\.text))\n\(lines.joined(separator: "\n"))")
        }
    }

    @Test(
        "what is told beside an instruction that cannot be read is wrong whatever that was meant to say",
        arguments: 400..<800 as Range<UInt64>
    )
    func unreadable(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let lines = Self.file(&random)
        let base = NamedInput.image(try Busybox.image())
        let places = lines.indices.filter { !lines[$0].hasPrefix("FROM") }
        guard let place = places.randomElement(using: &random) else { return }
        var broken = lines
        broken[place] = "X" + lines[place]
        let images = OneAnswer(input: base)
        let told = try await mistakes(in: broken, images: images).map(\.first)
        let known = try await mistakes(in: lines, images: images).map(\.first)
        #expect(Set(told).isSubset(of: known), "\(broken.joined(separator: "\n"))")
    }
}
