internal import OCI

/// Goes through an index, and indexes in it, to the image that suits a platform best.
struct PlatformSearch {
    let client: RegistryClient
    let endpoint: RegistryClient.Endpoint
    let name: String
    let platform: Platform
    private var visited: Set<Digest> = []
    private var available: [Platform] = []
    /// Entries without a platform whose config was looked at to learn it.
    private var opened = 0

    /// As many as an index of unnamed platforms may cost in requests.
    private static let mostOpened = 16

    init(client: RegistryClient, endpoint: RegistryClient.Endpoint, name: String, platform: Platform) {
        self.client = client
        self.endpoint = endpoint
        self.name = name
        self.platform = platform
    }

    struct Image {
        let manifest: Document<Manifest>
        let config: Document<ImageConfig>
    }

    private var subject: RegistrySubject { RegistrySubject(endpoint.location, "manifest \(name)") }

    /// The image; a name that leads to one image gives that, whatever its platform: the caller has its config.
    ///
    /// - Throws: `RegistryError.noSuchPlatform` with the platforms that there are, `.indexTooDeep`.
    mutating func image(in top: ImageDocument) async throws -> Image {
        switch top {
        case .manifest(let manifest): return Image(manifest: manifest, config: try await config(of: manifest))
        case .index(let index):
            if let image = try await image(in: index, depth: 1) { return image }
            var seen: Set<Platform> = []
            let others = available.filter { seen.insert($0).inserted }
            throw RegistryError.noSuchPlatform(subject, wanted: platform, available: others)
        }
    }

    private mutating func image(in index: Document<Index>, depth: Int) async throws -> Image? {
        guard depth <= DocumentLimits.indexDepth else {
            throw RegistryError.indexTooDeep(subject, limit: DocumentLimits.indexDepth)
        }
        guard visited.insert(index.digest).inserted else { return nil }
        available += index.content.manifests.filter { !$0.isAttestation }.compactMap(\.platform)
        for entry in index.content.candidates(for: platform) {
            guard entry.mediaType.isIndex || entry.mediaType.isManifest else { continue }
            let isUnnamed = entry.platform == nil && entry.mediaType.isManifest
            if isUnnamed {
                guard opened < PlatformSearch.mostOpened else { continue }
                opened += 1
            }
            switch try await client.manifest(endpoint, entry) {
            case .index(let inner):
                if let image = try await image(in: inner, depth: depth + 1) { return image }
            case .manifest(let manifest):
                guard manifest.content.config.mediaType.isConfig else { continue }
                let config = try await config(of: manifest)
                if !isUnnamed || platform.accepts(config.content.platform) {
                    return Image(manifest: manifest, config: config)
                }
                available.append(config.content.platform)
            }
        }
        return nil
    }

    private func config(of manifest: Document<Manifest>) async throws -> Document<ImageConfig> {
        let descriptor = manifest.content.config
        let subject = RegistrySubject(endpoint.location, "config \(descriptor.digest)")
        let bytes = try await client.bytes(descriptor, endpoint, limit: DocumentLimits.bytes, subject)
        do {
            return try Document(bytes: bytes, of: descriptor)
        } catch {
            throw RegistryError.wrongDocument(subject, error)
        }
    }
}
