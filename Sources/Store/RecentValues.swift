/// A table that forgets what was not used of late, so that its values cost at most `limit` together.
///
/// It keeps two generations: when the young one has half of the limit, it becomes the old one, and what was old and not
/// asked for since is forgotten. Cheaper than an exact order of use, and as good for walks over trees.
struct RecentValues<Key: Hashable, Value> {
    private var young: [Key: (value: Value, cost: Int)] = [:]
    private var old: [Key: (value: Value, cost: Int)] = [:]
    private var youngCost = 0
    private let generationLimit: Int

    init(limit: Int) { generationLimit = max(1, limit / 2) }

    /// The value, which counts as used.
    subscript(key: Key) -> Value? {
        mutating get {
            if let found = young[key] { return found.value }
            guard let found = old.removeValue(forKey: key) else { return nil }
            add(found.value, for: key, cost: found.cost)
            return found.value
        }
    }

    mutating func insert(_ value: Value, for key: Key, cost: Int) {
        if let before = young[key] { youngCost -= before.cost }
        add(value, for: key, cost: cost)
    }

    private mutating func add(_ value: Value, for key: Key, cost: Int) {
        young[key] = (value, cost)
        youngCost += cost
        guard youngCost > generationLimit else { return }
        old = young
        young = [:]
        youngCost = 0
    }
}
