internal import Bytes
internal import NIOHTTP1
package import OCI

extension RegistryClient {
    /// Finds out what a name stands for, down to the image for one platform.
    ///
    /// Mirrors are asked first, in the order of the configuration, then the registry itself. A name with a digest gives
    /// that content or an error.
    /// - Throws: `RegistryError`; what the configuration says of a blocked registry; `CancellationError`.
    package func resolve(_ reference: Reference, platform: Platform) async throws -> RemoteImage {
        let locations = try surroundings.locations(of: reference)
        for location in locations.dropLast() {
            do {
                return try await resolve(reference, platform, at: location)
            } catch {
                guard let reason = RegistryClient.reason(error) else { throw error }
                tell(.skippedMirror(host: location.host, reason: reason))
            }
        }
        return try await resolve(reference, platform, at: locations.last ?? RepositoryLocation(reference))
    }

    /// Why an endpoint did not give what it was asked for; nil for errors that are not its own, such as a sink's.
    static func reason(_ error: any Error) -> String? {
        (error as? RegistryError)?.message ?? (error as? SettingsError)?.message
    }

    private func resolve(
        _ reference: Reference,
        _ platform: Platform,
        at location: RepositoryLocation
    ) async throws -> RemoteImage {
        let name = reference.digest?.description ?? reference.tag ?? "latest"
        let endpoint = try await endpoint(location, "manifest \(name)")
        let top = try await manifest(endpoint, name, digest: reference.digest)
        var search = PlatformSearch(client: self, endpoint: endpoint, name: name, platform: platform)
        let found = try await search.image(in: top)
        return RemoteImage(
            reference: reference,
            location: location,
            top: top.descriptor,
            topBytes: top.bytes,
            manifest: found.manifest,
            config: found.config
        )
    }

    /// The manifest or index by its tag or digest, with that digest where one is given.
    func manifest(_ endpoint: Endpoint, _ name: String, digest: Digest?) async throws -> ImageDocument {
        let subject = RegistrySubject(endpoint.location, "manifest \(name)")
        return try await document(endpoint, name, subject) { bytes, header throws(OCIError) in
            if let digest {
                let found = Digest(of: bytes, algorithm: digest.algorithm)
                guard found == digest else { throw .wrongDigest(expected: digest, found: found) }
            }
            return try ImageDocument(bytes: bytes, declared: header)
        }
    }

    /// The manifest or index that an entry of an index names.
    func manifest(_ endpoint: Endpoint, _ entry: OCI.Descriptor) async throws -> ImageDocument {
        let subject = RegistrySubject(endpoint.location, "manifest \(entry.digest)")
        guard entry.size <= DocumentLimits.bytes else {
            throw RegistryError.tooLarge(subject, limit: DocumentLimits.bytes)
        }
        return try await document(endpoint, entry.digest.description, subject) { bytes, header throws(OCIError) in
            if let header, header != entry.mediaType {
                throw .wrongMediaType(expected: entry.mediaType, found: header)
            }
            return try ImageDocument(bytes: bytes, of: entry)
        }
    }

    /// Gets a document and reads it; one with wrong bytes is asked for once more.
    private func document(
        _ endpoint: Endpoint,
        _ name: String,
        _ subject: RegistrySubject,
        _ read: ([UInt8], MediaType?) throws(OCIError) -> ImageDocument
    ) async throws -> ImageDocument {
        var request = WebRequest(.GET, endpoint.address("manifests", name), subject)
        let types: [MediaType] = [.ociIndex, .ociManifest, .dockerIndex, .dockerManifest]
        request.headers.add(name: "Accept", value: types.map(\.text).joined(separator: ", "))
        var isSecond = false
        while true {
            let (bytes, header) = try await retrying(subject) {
                let response = try await success(request, endpoint.pull)
                let bytes = try await web.bytes(of: response, limit: DocumentLimits.bytes, subject)
                return (bytes, try documentType(response, subject))
            }
            do {
                return try read(bytes, header)
            } catch .wrongDigest(let expected, let found) where isSecond {
                throw RegistryError.wrongDigest(subject, expected: expected, found: found)
            } catch {
                switch error {
                case .wrongDigest, .wrongSize:
                    guard !isSecond else { throw RegistryError.wrongDocument(subject, error) }
                    isSecond = true
                    let (what, host) = (subject.asked, subject.registry)
                    tell(.retrying(what: what, host: host, reason: error.message, seconds: 0, attempt: 1))
                default: throw RegistryError.wrongDocument(subject, error)
                }
            }
        }
    }

    /// What the header says of a document; nil where it says nothing that could contradict it.
    private func documentType(_ response: WebResponse, _ subject: RegistrySubject) throws(RegistryError) -> MediaType? {
        guard let header = response.header("Content-Type"), let type = try? MediaType(header: ByteString(header)) else {
            return nil
        }
        if type.isIndex || type.isManifest { return type }
        if type.text.hasPrefix("application/vnd.docker.distribution.manifest.v1+") {
            throw .wrongDocument(subject, .oldManifestSchema)
        }
        if type.text == "text/html" {
            throw .malformedAnswer(subject, reason: "is a web page, not a manifest")
        }
        return nil
    }
}
