internal import Registry

/// A repository that a registry found for a word.
public struct SearchHit: Sendable, Hashable {
    /// The repository, without the registry.
    public var name: String
    /// What its owner says of it.
    public var description: String
    /// How many users marked it.
    public var stars: Int
    /// Whether it is one of the registry's own selection.
    public var isOfficial: Bool
}

extension Engine {
    /// Asks a registry for repositories, where it answers that (Docker's `/v1/search`).
    ///
    /// - Parameters:
    ///   - term: a word, or `registry/word`.
    ///   - limit: 1…100 hits.
    ///   - options: how the engine works.
    /// - Returns: the hits, as the registry orders them.
    /// - Throws: `BuildFailure`: the registry does not answer searches, or could not be asked.
    public static func search(_ term: String, limit: Int, options: Options) async throws -> [SearchHit] {
        let parts = term.split(separator: "/", maxSplits: 1)
        let isHost = parts.count == 2 && (parts[0].contains { $0 == "." || $0 == ":" } || parts[0] == "localhost")
        let (registry, word) = isHost ? (String(parts[0]), String(parts[1])) : (nil, term)
        return try await withClient(options) { client in
            try await client.search(word, in: registry, limit: limit).map {
                SearchHit(name: $0.name, description: $0.description, stars: $0.stars, isOfficial: $0.isOfficial)
            }
        }
    }
}
