internal import Bytes

/// The link sets of one directory while it is being changed: found by a member's path, however many there are and however
/// many members one has.
///
/// A package manager that links each file of its cache into a project makes as many sets as files; removing the cache then
/// takes one member out of each. One file with thousands of names is one set that loses them one by one when they are
/// replaced. A change costs the logarithm of the set and the length of the member.
struct LinkSetTable {
    fileprivate struct MemberSet {
        /// A heap, the first member on top; it may still hold some that have left the set, and one that came back twice.
        ///
        /// As it was read it is sorted, which is a heap too.
        var heap: [ByteString]
        /// How many members the set has; fewer than two are no set.
        var count: Int
        var isChanged = false
    }

    private var sets: [MemberSet]
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

    /// `sets`: the members of each sorted.
    init(_ sets: [[ByteString]]) { self.sets = sets.map { MemberSet(heap: $0, count: $0.count) } }

    var isEmpty: Bool { sets.isEmpty }

    /// The sets as a directory object lists them.
    var sorted: [[ByteString]] {
        var result: [[ByteString]] = []
        for (place, set) in sets.enumerated() where set.count > 1 {
            guard set.isChanged else {
                result.append(set.heap)
                continue
            }
            var members: [ByteString] = []
            members.reserveCapacity(set.count)
            for member in set.heap.sorted() where index?.places[member] == place && members.last != member {
                members.append(member)
            }
            result.append(members)
        }
        return result.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Adds a set, its members sorted.
    mutating func append(_ set: [ByteString]) {
        if index != nil { for member in set { index?.add(member, in: sets.count) } }
        sets.append(MemberSet(heap: set, count: set.count))
    }

    /// The number of the set that a member is in.
    mutating func place(of member: ByteString) -> Int? {
        if sets.isEmpty { return nil }
        buildIndex()
        return index?.places[member]
    }

    /// The first member of a set.
    mutating func first(at place: Int) -> ByteString? {
        buildIndex()
        while let top = sets[place].heap.first {
            if index?.places[top] == place { return top }
            sets[place].removeTop()
        }
        return nil
    }

    /// Puts another member, or none, in the place of one; a set that is left with one member is no set any more.
    mutating func replace(_ old: ByteString, at place: Int, with new: ByteString?) {
        buildIndex()
        guard index?.places[old] == place else { return }
        sets[place].isChanged = true
        index?.remove(old)
        sets[place].count -= 1
        if let new, index?.places[new] != place {
            index?.add(new, in: place)
            sets[place].insert(new)
            sets[place].count += 1
        }
    }

    /// Drops a set that has fewer than two members.
    mutating func dropIfSingle(at place: Int) {
        guard sets[place].count < 2 else { return }
        while let last = first(at: place) { index?.remove(last) }
        sets[place] = MemberSet(heap: [], count: 0)
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
        for (place, set) in sets.enumerated() { for member in set.heap { built.add(member, in: place) } }
        index = built
    }
}

extension LinkSetTable.MemberSet {
    mutating func insert(_ member: ByteString) {
        heap.append(member)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeTop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
