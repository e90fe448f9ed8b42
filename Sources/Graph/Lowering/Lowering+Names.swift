internal import Bytes
internal import Dockerfile
internal import OCI

// What FROM and `--from` name outside of the Dockerfile: contexts and images, each asked for once.
extension Lowering {
    /// The empty image, with its vertex.
    func scratchState() -> StageState {
        var config = ImageConfig(platform: platform)
        config.config.workingDir = "/"
        let vertex = outside["scratch"]?.tree ?? addVertex(.source(.scratch), inputs: [], name: "scratch", range: nil)
        let state = StageState(environment: StageEnvironment(), config: config, platform: platform, chain: [vertex])
        outside["scratch"] = NamedVertex(tree: vertex, origin: .image(state))
        return state
    }

    private func scratchVertex() -> NamedVertex {
        let state = scratchState()
        return NamedVertex(tree: state.chain[0], origin: .image(state))
    }

    /// What stands for an image of which nothing is known: no image is made on it, mistakes above it are looked for.
    func unknownState() -> StageState {
        var state = scratchState()
        state.isKnown = false
        return state
    }

    private func unknownVertex() -> NamedVertex {
        let state = unknownState()
        return NamedVertex(tree: state.chain[0], origin: .image(state))
    }

    /// What FROM or `--from` names that is no stage: a named context or an image.
    func named(_ name: ByteString, as wanted: Platform, at range: SourceRange) async throws -> NamedVertex {
        let key = name + "\0" + wanted.text
        if let known = outside[key] { return known }
        if name == Lowering.scratch { return scratchVertex() }
        let input = try await find(name, wanted, range)
        let result: NamedVertex
        switch input {
        case .scratch: result = scratchVertex()
        case .image(let image):
            bases[LoweringResult.BaseName(name: name, platform: wanted)] = image.config
            result = imageVertex(image, wanted, range)
        case .local(let local): result = NamedVertex(tree: localSource(local), origin: .folder(name))
        case .unknown: result = unknownVertex()
        }
        outside[key] = result
        return result
    }

    /// Asks for an input; the first that cannot be had is noted.
    ///
    /// No other is asked for then: each might take as long to fail.
    private func find(_ name: ByteString, _ wanted: Platform, _ range: SourceRange) async throws -> NamedInput {
        guard mistakes.input == nil else { return .unknown }
        do { return try await images.find(name, platform: wanted) } catch let error as CancellationError {
            throw error
        } catch {
            noteMissing(name, error, range)
            return .unknown
        }
    }

    /// Notes an input that cannot be had, and why.
    func noteMissing(_ name: ByteString, _ error: any Error, _ range: SourceRange) {
        mistakes.input = InputFailure(
            underlying: error,
            suggestion: suggestion(for: name),
            range: range.marking(name, in: dockerfile.source),
            source: dockerfile.source
        )
    }

    private func imageVertex(_ image: BaseImage, _ wanted: Platform, _ range: SourceRange) -> NamedVertex {
        let vertex = addVertex(.source(.image(image)), inputs: [], name: "FROM \(image.name.escaped)", range: range)
        var config = image.config.known
        config.created = nil
        if config.platform.os.isEmpty { config.platform = wanted }
        let state = StageState(environment: StageEnvironment(), config: config, platform: wanted, chain: [vertex])
        return NamedVertex(tree: vertex, origin: .image(state))
    }

    /// What a stage on a name starts with.
    ///
    /// A folder as a base is an image of one layer that holds it.
    func baseState(of named: NamedVertex) -> StageState {
        switch named.origin {
        case .image(let state): return state
        case .folder(let name):
            if let known = folderStates[named.tree] { return known }
            var state = scratchState()
            let everything = CopyAction(origin: .input(1, path: "/"), destination: "/")
            let title = "[context \(name.escaped)] load \(name.escaped)"
            let inputs = [state.chain[0], named.tree]
            let layer = addVertex(.file([.copy(everything)]), inputs: inputs, name: title, range: nil)
            state.chain.append(layer)
            folderBases[layer] = name
            folderStates[named.tree] = state
            return state
        }
    }

    /// The vertex of a local folder; one for each name.
    func localSource(_ local: LocalSource) -> VertexID {
        let key = "\0local\0" + local.name
        if let known = outside[key] { return known.tree }
        let isMain = local == .buildContext
        let name = isMain ? "[internal] load build context" : "[context \(local.name.escaped)] load from client"
        let vertex = addVertex(.source(.local(local)), inputs: [], name: name, range: nil)
        outside[key] = NamedVertex(tree: vertex, origin: .folder(local.name))
        return vertex
    }

    // MARK: What was meant

    /// What may have been meant by a name that nothing has: a stage, or one of the images that most files begin with.
    func suggestion(for name: ByteString) -> String? {
        let wanted = name.lowercased
        if let index = stagesByName[wanted]?.first {
            let line = dockerfile.stages[index].from.range.first
            return "the stage \(name.escaped) begins in line \(line): only stages above can be built on or copied from"
        }
        if let stage = wanted.nearest(among: stagesByName.keys.sorted()) {
            return "did you mean the stage \(stage.escaped)?"
        }
        let repository = wanted.split(separator: UInt8(ascii: ":")).first ?? wanted
        return repository.nearest(among: Lowering.commonImages).map { "did you mean \($0.escaped)?" }
    }

    private static let commonImages: [ByteString] = [
        "almalinux", "alpine", "amazonlinux", "archlinux", "busybox", "caddy", "centos", "debian", "docker",
        "eclipse-temurin",
        "fedora", "golang", "gradle", "haproxy", "httpd", "mariadb", "maven", "memcached", "mongo", "mysql", "nginx",
        "node",
        "openjdk", "opensuse/leap", "perl", "php", "postgres", "python", "redis", "rockylinux", "ruby", "rust", "swift",
        "traefik", "ubuntu",
    ]
}
