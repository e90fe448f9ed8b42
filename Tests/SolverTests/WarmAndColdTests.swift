import Bytes
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

/// The image of a warm build is the image of a cold one: whatever was built before, whatever rows were lost.
@Suite("Warm and cold builds")
struct WarmAndColdTests {
    static let shares = 10
    static let seriesInShare = 60

    /// What of an image must be equal: its tree, each layer, its history and environment; the time of an entry is told
    /// where a step set it.
    private struct Result: Equatable {
        var tree: ContentHash?
        var layers: [[Delta.Entry]] = []
        var config: ImageConfig?
        var failedVertex: String?
    }

    private func result(_ random: RandomDockerfile, in world: MemoryWorld, ignoresCache: Bool = false) async throws -> (
        Result, Int
    ) {
        for text in RandomDockerfile.texts { world.contents.keep(text) }
        var build = MemoryBuild(random.dockerfile, context: random.context)
        build.images = ["base": .image(try world.image("base", random.base))]
        build.buildArguments = ["ARGUMENT": random.argument]
        build.ignoresCache = ignoresCache
        var result = Result()
        do {
            let image = try await build.run(in: world)
            result.tree = image.tree.digest
            result.layers = image.layers.map { world.results[$0].entries.map(withoutNow) }
            result.config = image.config
            return (result, image.cached.count)
        } catch let failure as StepFailure {
            // Which of several stages fails first is chance.
            result.failedVertex = failure.vertex.name.isEmpty ? "" : "failed"
            return (result, 0)
        }
    }

    private func withoutNow(_ entry: Delta.Entry) -> Delta.Entry {
        let now = FileTime(seconds: ToyShell.firstNow)
        var entry = entry
        switch entry.change {
        case .whiteout: break
        case .directory(let attributes, _, let isOpaque):
            entry.change = .directory(attributes, modified: now, isOpaque: isOpaque)
        case .write(let written, let modified, let linkedTo):
            entry.change = .write(written, modified: min(modified, now), linkedTo: linkedTo)
        }
        return entry
    }

    @Test("random edits of random Dockerfiles give the image of a clean state", arguments: 0..<shares)
    func equal(_ share: Int) async throws {
        var hits = 0
        for series in 0..<WarmAndColdTests.seriesInShare {
            let seed = UInt64(share * WarmAndColdTests.seriesInShare + series)
            var random = RandomDockerfile(seed: seed)
            let world = MemoryWorld()
            for round in 0..<5 {
                let ignoresCache = random.generator.oneIn(12)
                let (warm, cached) = try await result(random, in: world, ignoresCache: ignoresCache)
                let (cold, _) = try await result(random, in: MemoryWorld())
                hits += cached
                guard warm == cold else {
                    Issue.record("seed \(seed), round \(round):\n\(random.dockerfile)\nwarm: \(warm)\ncold: \(cold)")
                    return
                }
                if random.generator.oneIn(3) {
                    let (share, phase) = (2 + random.generator.below(3), random.generator.below(2))
                    world.results.forget { ($0 + phase) % share == 0 }
                }
                for _ in 0...random.generator.below(2) { random.edit() }
            }
        }
        // A test without hits would prove nothing.
        #expect(hits > WarmAndColdTests.seriesInShare)
    }
}
