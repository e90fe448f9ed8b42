/// The members of a JSON object in their order, each name once.
///
/// Small objects are searched in order; larger ones carry an index, so that ten thousand labels stay linear.
package struct JSONObject: Sendable {
    /// One name and its value.
    package struct Member: Hashable, Sendable {
        package let name: ByteString
        package var value: JSONValue

        package init(name: ByteString, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// From this many members on an index is kept.
    private static let indexThreshold = 16

    package private(set) var members: [Member] = []
    /// The position of each member; nil while there are few.
    private var positions: [ByteString: Int]?

    package init() {}

    /// Takes members whose names are known to differ, such as a dictionary's; they are not indexed until one is added.
    package init(uniqueMembers: [Member]) { members = uniqueMembers }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The member of that name.
    ///
    /// Setting a new name appends it, setting nil removes it.
    package subscript(name: ByteString) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            guard let newValue else { return remove(name) }
            if !insert(name, newValue), let position = position(of: name) { members[position].value = newValue }
        }
    }

    /// Appends a member.
    ///
    /// - Returns: false, and changes nothing, if the name is already there.
    package mutating func insert(_ name: ByteString, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        positions?[name] = members.count
        members.append(Member(name: name, value: value))
        if positions == nil, members.count >= Self.indexThreshold { rebuildIndex() }
        return true
    }

    private func position(of name: ByteString) -> Int? {
        if let positions { return positions[name] }
        return members.firstIndex { $0.name == name }
    }

    private mutating func remove(_ name: ByteString) {
        guard let position = position(of: name) else { return }
        members.remove(at: position)
        if positions != nil { rebuildIndex() }
    }

    private mutating func rebuildIndex() {
        var fresh: [ByteString: Int] = [:]
        for (position, member) in members.enumerated() { fresh[member.name] = position }
        positions = fresh
    }
}

extension JSONObject: Hashable {
    /// Two objects are equal when they have equal members in the same order: they are written the same.
    package static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

    package func hash(into hasher: inout Hasher) { hasher.combine(members) }
}
