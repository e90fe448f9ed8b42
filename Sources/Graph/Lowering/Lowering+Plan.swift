internal import Bytes
internal import Dockerfile
internal import OCI

// The image at the end.
extension Lowering {
    /// The image that the stage of that number, which is lowered, has come to.
    func plan(for target: Int, _ state: StageState) -> ImagePlan {
        var config = state.config
        for (name, value) in request.labels { config.config.labels[name] = value }
        let name = dockerfile.stages[target].name
        if !(name.map(isReplaced) ?? false) { config.config.onBuild += state.triggers }
        if state.platform.os == "windows" {
            config.config.workingDir = config.config.workingDir.split(separator: 0x2F).joined(separator: "\\")
        }
        if let platform = request.platform { config.platform = config.platform.replaced(by: platform) }
        config.platform = config.platform.normalized
        completeHistory(of: &config, chain: state.chain)
        return ImagePlan(chain: state.chain, config: config)
    }

    /// Makes the history tell of as many layers as there are, as BuildKit's exporter does.
    ///
    /// Layers that no instruction tells of (a folder as a base, an image without a history) get an entry at the end; a
    /// base whose history tells of more layers than it has gets empty ones.
    private func completeHistory(of config: inout ImageConfig, chain: [VertexID]) {
        let baseLayers = config.diffIDs.count
        let own = Array(chain.dropFirst())
        let count = baseLayers + own.count
        var told = 0
        for index in config.history.indices where !config.history[index].isEmptyLayer {
            if told == count { config.history[index].isEmptyLayer = true } else { told += 1 }
        }
        for layer in told..<count {
            let text = layer < baseLayers ? textOfBase(chain) : layerText(of: own[layer - baseLayers])
            config.history.append(HistoryEntry(createdBy: text, comment: "buildkit.exporter.image.v0"))
        }
    }

    private func textOfBase(_ chain: [VertexID]) -> ByteString {
        guard let first = chain.first, case .source(.image(let image)) = vertices[first.index].operation else {
            return ""
        }
        return "pulled from " + image.name
    }

    /// What BuildKit calls the layer of a step that the history does not tell of.
    private func layerText(of id: VertexID) -> ByteString {
        let vertex = vertices[id.index]
        if let name = folderBases[id] { return "local source for " + name }
        guard case .run(let step) = vertex.operation else { return ByteString(vertex.name) }
        return "mount / from exec " + step.arguments.joined(separator: " ")
    }
}

extension ImageConfig {
    /// What an image on top of this one takes over: what was made for this one alone (its caches, the container it was
    /// committed from) or is not known stays behind, as with BuildKit.
    var known: ImageConfig {
        var result = self
        result.unknown = JSONObject()
        result.config.unknown = JSONObject()
        result.config.healthcheck?.unknown = JSONObject()
        for index in result.history.indices { result.history[index].unknown = JSONObject() }
        return result
    }
}

extension Platform {
    /// The platform that was asked for; what it does not say stays if it is the same system and processor.
    fileprivate func replaced(by wanted: Platform) -> Platform {
        let isSame = os == wanted.os && architecture == wanted.architecture
        var result = self
        result.os = wanted.os
        result.architecture = wanted.architecture
        if !wanted.variant.isEmpty || !isSame { result.variant = wanted.variant }
        if !wanted.osVersion.isEmpty || !isSame { result.osVersion = wanted.osVersion }
        if !wanted.osFeatures.isEmpty { result.osFeatures = wanted.osFeatures }
        return result
    }
}
