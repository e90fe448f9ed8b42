package import Bytes
package import Graph
package import OCI
internal import Solver
internal import Synchronization
package import Trees

/// What outlives a build in memory: results, trees, contents, base images, a clock.
package final class MemoryWorld: Sendable {
    package let results = MemoryResults()
    package let trees = MemoryTrees()
    package let contents = ContentTable()
    private let seconds = Mutex<Int64>(ToyShell.firstNow)
    private let images = Mutex<[Digest: FileModel]>([:])

    package init() {}

    /// The start and end of one more step; no two steps have the same.
    package func tick() -> (start: FileTime, end: FileTime) {
        let now = seconds.withLock { seconds in
            seconds += 100
            return seconds
        }
        return (FileTime(seconds: now), FileTime(seconds: now + 99))
    }

    /// A base image of one layer with these files.
    package func image(_ name: ByteString, _ files: FileModel, config: ImageConfig = ImageConfig(platform: .host))
        throws -> BaseImage
    {
        let tree = try files.tree(into: trees)
        var encoder = CanonicalEncoder(domain: "test.image")
        encoder.append(name)
        encoder.append(tree.digest)
        encoder.append(ByteString("\(config)"))
        let digest = Digest(of: encoder.bytes)
        images.withLock { $0[digest] = files }
        var config = config
        if config.diffIDs.isEmpty {
            config.diffIDs = [digest]
            config.history = [HistoryEntry(createdBy: "layer of " + name)]
        }
        return BaseImage(name: name, manifestDigest: digest, layers: [], config: config)
    }

    func open(_ image: BaseImage) throws -> OpenedSource {
        guard let files = images.withLock({ $0[image.manifestDigest] }) else { throw ToyFailure(command: image.name) }
        let tree = try files.tree(into: trees)
        let delta = FileModel().delta(to: files, modified: FileTime(seconds: 0))
        let never = FileTime(seconds: .max)
        let operation = ContentHash(of: Array(image.manifestDigest.description.utf8))
        let id = results.keep(delta, digest: delta.digest(from: never, to: never), of: operation)
        return OpenedSource(state: StepState(tree: tree, times: StepState.empty.times), deltas: [id])
    }
}

/// Base images and named contexts by name.
package struct MemoryImages: BaseImageSource {
    package var inputs: [ByteString: NamedInput]

    package init(_ inputs: [ByteString: NamedInput] = [:]) { self.inputs = inputs }

    package func find(_ name: ByteString, platform: Platform) async throws -> NamedInput {
        guard let input = inputs[name] else { throw UnknownImage(name: name) }
        return input
    }
}

package struct UnknownImage: Error, Hashable {
    package let name: ByteString

    package init(name: ByteString) { self.name = name }
}
