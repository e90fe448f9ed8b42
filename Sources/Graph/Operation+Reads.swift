internal import Bytes
package import Trees

extension Operation {
    /// Whether the operation looks at nothing of the tree it is laid over, so that its change is the same whatever that
    /// is: `COPY --link`.
    package var isLinked: Bool {
        guard case .file(let actions) = self, !actions.isEmpty else { return false }
        return actions.allSatisfy { action in
            if case .copy(let copy) = action { copy.isLinked } else { false }
        }
    }

    /// What is read of inputs' trees besides the tree that the operation is laid over, which is read whole.
    ///
    /// For `file` the first are those of the actions, in order; for `run` those of the mounts. Nil stands for one that
    /// reads no input.
    package var reads: [InputRead?] {
        switch self {
        case .source: return []
        case .file(let actions):
            let reads = actions.map(\.read)
            return isLinked && actions.contains(where: \.hasOwnerName) ? reads + Operation.accountFiles : reads
        case .run(let step): return step.mounts.map(\.read)
        }
    }

    /// What a linked copy still needs of the tree below: where the names of owners are looked up.
    private static let accountFiles: [InputRead] = ["/etc/passwd", "/etc/group"].map {
        InputRead(input: 0, read: .entryIfPresent($0))
    }
}

/// What is read of one of a vertex's inputs.
package struct InputRead: Sendable, Hashable {
    /// The input's place in `Vertex.inputs`.
    package var input: Int
    package var read: TreeRead

    package init(input: Int, read: TreeRead) {
        self.input = input
        self.read = read
    }
}

extension FileAction {
    fileprivate var read: InputRead? {
        guard case .copy(let copy) = self, case .input(let input, let path) = copy.origin else { return nil }
        let read: TreeRead =
            copy.keepsParents
            ? .parents(path, excluding: copy.excludes) : .word(path, excluding: copy.excludes)
        return InputRead(input: input, read: read)
    }

    fileprivate var hasOwnerName: Bool {
        guard case .copy(let copy) = self, let owner = copy.owner else { return false }
        return owner.split(separator: UInt8(ascii: ":")).contains { part in
            !part.isEmpty && UInt32(part.text).map { $0 > UInt32(Int32.max) } ?? true
        }
    }
}

extension ProcessMount {
    fileprivate var read: InputRead? {
        switch kind {
        case .bind(let path, _): InputRead(input: path.input, read: .entry(path.path))
        case .cache(let cache): cache.seed.map { InputRead(input: $0.input, read: .entry($0.path)) }
        case .temporary, .secret, .agent: nil
        }
    }
}
