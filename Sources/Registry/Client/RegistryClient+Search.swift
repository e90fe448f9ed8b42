internal import Bytes
internal import NIOHTTP1
internal import OCI

extension RegistryClient {
    private static let hub = "docker.io"
    /// Docker Hub answers searches at a host of their own.
    private static let hubSearch = WebAddress(
        origin: Origin(scheme: .https, host: "index.docker.io", port: 443),
        path: "/v1/search"
    )
    private static let longestAnswer = 4 << 20
    private static let mostPages = 10

    /// The repositories that a registry names for a word.
    ///
    /// Where a registry has no search of its own, its catalog is looked through, as far as it shows one.
    /// - Parameters:
    ///   - term: the word.
    ///   - registry: Docker Hub where it is nil.
    ///   - limit: how many at most.
    /// - Returns: in the registry's own order.
    /// - Throws: `RegistryError.searchUnsupported` where it has neither.
    package func search(_ term: String, in registry: String?, limit: Int) async throws -> [SearchResult] {
        let registry = registry ?? RegistryClient.hub
        let subject = RegistrySubject(registry: registry, repository: "", asked: "search for \(ToldText.safe(term))")
        let isHub = Web.apiHost(registry) == Web.apiHost(RegistryClient.hub)
        let origin = isHub ? RegistryClient.hubSearch.origin : try await web.origin(ofHost: registry, subject)
        let access = Access(registry: registry, origin: origin, repository: "", scopes: [])
        let address = WebAddress(origin: origin, path: RegistryClient.hubSearch.path)
            .adding("q", term).adding("n", String(min(max(limit, 1), 100)))
        do {
            let document = try await document(address, access, subject).value
            return Array(RegistryClient.results(document).prefix(limit))
        } catch let error as RegistryError where !isHub {
            guard RegistryClient.meansNoSearch(error) else { throw error }
        }
        return try await catalog(access, subject, containing: term, limit)
    }

    private static func meansNoSearch(_ error: RegistryError) -> Bool {
        switch error {
        case .noAccess(_, 404, _, _), .answered(_, 400..<500, _, _), .malformedAnswer: true
        default: false
        }
    }

    private static func results(_ document: JSONValue) -> [SearchResult] {
        (document["results"]?.array ?? []).compactMap { entry in
            guard let name = entry["name"]?.string?.text, !name.isEmpty else { return nil }
            return SearchResult(
                name: name,
                description: entry["description"]?.string?.text ?? "",
                stars: Int(clamping: entry["star_count"]?.integer ?? 0),
                isOfficial: entry["is_official"]?.bool ?? false
            )
        }
    }

    /// Looks through the list of all repositories, page by page.
    private func catalog(
        _ access: Access,
        _ subject: RegistrySubject,
        containing term: String,
        _ limit: Int
    ) async throws -> [SearchResult] {
        var found: [SearchResult] = []
        var next: WebAddress? = WebAddress(origin: access.origin, path: "/v2/_catalog", query: "n=1000")
        for _ in 0..<RegistryClient.mostPages {
            guard let address = next, found.count < limit else { break }
            let page: (value: JSONValue, link: WebAddress?)
            do {
                page = try await document(address, access, subject)
            } catch let error as RegistryError where RegistryClient.meansNoSearch(error) {
                throw RegistryError.searchUnsupported(registry: access.registry)
            }
            let names = (page.value["repositories"]?.array ?? []).compactMap { $0.string?.text }
            found += names.filter { $0.contains(term) }
                .map { SearchResult(name: $0, description: "", stars: 0, isOfficial: false) }
            next = page.link
        }
        return Array(found.prefix(limit))
    }

    private func document(
        _ address: WebAddress,
        _ access: Access,
        _ subject: RegistrySubject
    ) async throws -> (value: JSONValue, link: WebAddress?) {
        try await retrying(subject) {
            let response = try await success(WebRequest(.GET, address, subject), access)
            let bytes = try await web.bytes(of: response, limit: RegistryClient.longestAnswer, subject)
            guard let value = try? JSONValue(parsing: bytes, maximumDepth: 32) else {
                throw RegistryError.malformedAnswer(subject, reason: "is not JSON")
            }
            // `</v2/_catalog?last=x>; rel="next"` (RFC 8288).
            let link = response.header("Link").flatMap { header -> WebAddress? in
                guard header.hasPrefix("<"), header.contains("rel=\"next\"") else { return nil }
                return response.address.resolving(String(header.dropFirst().prefix { $0 != ">" }))
            }
            return (value, link)
        }
    }
}
