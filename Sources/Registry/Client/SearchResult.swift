/// A repository that a registry names as an answer to a search.
package struct SearchResult: Hashable, Sendable {
    /// The repository, without the registry.
    package let name: String
    package let description: String
    package let stars: Int
    /// Whether it is one of the registry's own selection.
    package let isOfficial: Bool

    package init(name: String, description: String, stars: Int, isOfficial: Bool) {
        self.name = name
        self.description = description
        self.stars = stars
        self.isOfficial = isOfficial
    }
}
