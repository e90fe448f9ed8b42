internal import Bytes

/// The link sets of one directory while it is being changed: found by a member's path, however many there are.
///
/// A package manager that links each file of its cache into a project makes as many sets as files; removing the cache then
/// takes one member out of each.
struct LinkSetTable {
    /// Nil where a set is gone.
    private var sets: [[ByteString]?]
    /// Made when it is first asked for: most sets of most trees never change.
    private var index: Index?

    private struct Index {
        /// The set that a member is in.
        var places: [ByteString: Int] = [:]
        /// How many members are at or below a path.
        var mentions: [ByteString: Int] = [:]

        mutating func add(_ member: ByteString, in place: Int) {
            places[member] = place
            count(member, by: 1)
        }

        mutating func remove(_ member: ByteString) {
            places[member] = nil
            count(member, by: -1)
        }

        private mutating func count(_ member: ByteString, by difference: Int) {
            for (position, byte) in member.bytes.enumerated() where byte == 0x2F {
                mentions[ByteString(Array(member.bytes[..<position])), default: 0] += difference
            }
            mentions[member, default: 0] += difference
        }
    }

    init(_ sets: [[ByteString]]) { self.sets = sets }

    var isEmpty: Bool { sets.isEmpty }

    /// The sets as a directory object lists them.
    var sorted: [[ByteString]] { sets.compactMap(\.self).sorted { $0.lexicographicallyPrecedes($1) } }

    /// Adds a set, its members sorted.
    mutating func append(_ set: [ByteString]) {
        if index != nil { for member in set { index?.add(member, in: sets.count) } }
        sets.append(set)
    }

    /// The set of a member, with its place.
    mutating func set(of member: ByteString) -> (place: Int, members: [ByteString])? {
        if sets.isEmpty { return nil }
        buildIndex()
        guard let place = index?.places[member], let members = sets[place] else { return nil }
        return (place, members)
    }

    /// Gives a set other members; fewer than two are no set.
    mutating func replace(at place: Int, with members: [ByteString]) {
        buildIndex()
        for member in sets[place] ?? [] { index?.remove(member) }
        sets[place] = members.count > 1 ? members : nil
        for member in sets[place] ?? [] { index?.add(member, in: place) }
    }

    /// Whether a set has a member at the path or below it.
    mutating func hasMember(below path: ByteString) -> Bool {
        if sets.isEmpty { return false }
        buildIndex()
        return index?.mentions[path, default: 0] ?? 0 > 0
    }

    private mutating func buildIndex() {
        if index != nil { return }
        var built = Index()
        for (place, set) in sets.enumerated() { for member in set ?? [] { built.add(member, in: place) } }
        index = built
    }
}
