internal import NIOHTTP1
package import OCI

extension RegistryClient {
    /// Sends an image under a name: only what the registry lacks, and nothing before what it refers to.
    ///
    /// Layers go several at once, then configs, then manifests, and last what the name shall stand for: by the tag, or by
    /// its digest where the name has no tag.
    /// - Throws: `RegistryError`; what the file of a blob throws when it is opened; `CancellationError`.
    package func push(_ image: PushedImage, to reference: Reference) async throws -> PushReport {
        // Mirrors have copies; what is new goes to the registry itself.
        let location = try surroundings.locations(of: reference).last ?? RepositoryLocation(reference)
        let endpoint = try await endpoint(location, "push")
        var report = PushReport(digest: image.top.descriptor.digest)
        var seen: Set<Digest> = []
        let blobs = image.blobs.filter { seen.insert($0.descriptor.digest).inserted }
        for isConfig in [false, true] {
            let part = blobs.filter { $0.descriptor.mediaType.isConfig == isConfig }
            for outcome in try await push(part, to: endpoint) { report.count(outcome) }
        }
        for manifest in image.manifests {
            try await push(manifest, as: manifest.descriptor.digest.description, to: endpoint, unlessThere: true)
        }
        let name = reference.tag ?? image.top.descriptor.digest.description
        try await push(image.top, as: name, to: endpoint, unlessThere: false)
        return report
    }

    /// Sends blobs, several at once; the first failure ends the others.
    private func push(_ blobs: [PushedBlob], to endpoint: Endpoint) async throws -> [BlobUpload.Outcome] {
        try await withThrowingTaskGroup(of: BlobUpload.Outcome.self) { group in
            var outcomes: [BlobUpload.Outcome] = []
            for (index, blob) in blobs.enumerated() {
                if index >= settings.limits.uploadsAtOnce, let outcome = try await group.next() {
                    outcomes.append(outcome)
                }
                group.addTask { try await BlobUpload(self, endpoint, blob).run() }
            }
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private func push(
        _ manifest: PushedImage.Manifest,
        as name: String,
        to endpoint: Endpoint,
        unlessThere: Bool
    ) async throws {
        let subject = RegistrySubject(endpoint.location, "manifest \(name)")
        let access = endpoint.access(.push(endpoint.location.repository))
        let address = endpoint.address("manifests", name)
        if unlessThere {
            var request = WebRequest(.HEAD, address, subject)
            request.headers.add(name: "Accept", value: manifest.descriptor.mediaType.text)
            let response = try await retrying(subject) { try await head(request, access, or: [404]) }
            if response.isSuccess { return tell(.alreadyThere(manifest.descriptor.digest)) }
        }
        var request = WebRequest(.PUT, address, subject)
        request.kind = .upload
        request.headers.add(name: "Content-Type", value: manifest.descriptor.mediaType.text)
        request.body = .bytes(manifest.bytes)
        _ = try await retrying(subject) { try await head(request, access) }
    }
}

extension PushReport {
    fileprivate mutating func count(_ outcome: BlobUpload.Outcome) {
        switch outcome {
        case .alreadyThere: alreadyThere += 1
        case .mounted: mounted += 1
        case .uploaded(let bytes):
            uploaded += 1
            uploadedBytes += bytes
        }
    }
}
