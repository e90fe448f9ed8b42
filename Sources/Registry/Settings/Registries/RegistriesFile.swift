internal import Bytes

/// How short names are treated that no alias knows (registries.conf, `short-name-mode`).
package enum ShortNameMode: String, Sendable, Hashable {
    /// Ask where there is a terminal and more than one registry; an error without a terminal.
    case enforcing
    /// Ask where there is a terminal, else try all.
    case permissive
    /// Try all.
    case disabled
}

/// What one or several files of registries.conf (version 2) say.
struct RegistriesFile: Sendable, Hashable {
    /// nil where no file says it.
    var searchRegistries: [String]?
    var shortNameMode: ShortNameMode?
    /// In the order of the files, each prefix once.
    var rules: [RegistryRule] = []
    /// Full names by short ones; an empty one takes an earlier file's away.
    var aliases: [String: String] = [:]

    /// Adds what a later file says, which wins where both say something.
    mutating func merge(_ later: RegistriesFile) {
        searchRegistries = later.searchRegistries ?? searchRegistries
        shortNameMode = later.shortNameMode ?? shortNameMode
        aliases.merge(later.aliases) { $1 }
        for rule in later.rules {
            if let index = rules.firstIndex(where: { $0.prefix == rule.prefix }) {
                rules[index] = rule
            } else {
                rules.append(rule)
            }
        }
    }

    /// The rule with the longest prefix that is for a name.
    func rule(for name: String) -> (rule: RegistryRule, length: Int)? {
        var best: (rule: RegistryRule, length: Int)?
        for rule in rules {
            guard let length = rule.matchedLength(of: name) else { continue }
            if let best, best.rule.prefix.utf8.count >= rule.prefix.utf8.count { continue }
            best = (rule, length)
        }
        return best
    }
}
