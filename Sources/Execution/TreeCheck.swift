internal import Bytes
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Sandbox
internal import Solver
internal import Store
internal import Trees

extension LocalExecutor {
    /// The oracle of `SWIFT_BUILD_IMAGE_CHECK=trees`: walks the root as later steps will see it, and compares with the
    /// tree that was computed from the step's delta (`cache.md`, "Oracles").
    func check(_ expected: Tree, with delta: Solver.DeltaID, _ job: StepJob) throws {
        // What a linked copy has written lies over nothing so far.
        let below = job.vertex.operation.isLinked ? [] : job.inputs.first?.deltas ?? []
        let lowers = try deltas.lowers(of: below + [delta])
        // Without a work directory: the snapshot is not changed by looking at it. One of its own has the root's attributes.
        let hasSnapshot = deltas[delta]?.isEmpty == false
        let mount = try hasSnapshot ? chain(lowers) : view(expected, lowers: lowers)
        try check(expected, mountedAt: mount, step: job.vertex.name)
    }

    /// The same for a tree and the layers that make it.
    func check(_ tree: Tree, lowers: [Directory], step: String) throws {
        try check(tree, mountedAt: try view(tree, lowers: lowers), step: step)
    }

    private func check(_ expected: Tree, mountedAt mount: DetachedMount, step: String) throws {
        let scanned = MemoryTrees()
        let found = try TreeScan(root: try mount.openDirectory()).tree(into: scanned)
        guard found.digest != expected.digest else { return }
        let difference = try TreeCheck.firstDifference(expected, trees, found, scanned)
        throw ExecutionError.treesDiffer(step: step, firstDifference: difference)
    }
}

/// Tells two trees apart, for the report of a fault.
enum TreeCheck {
    static func firstDifference(
        _ expected: Tree,
        _ expectedSource: any TreeSource,
        _ found: Tree,
        _ foundSource: any TreeSource
    ) throws -> String {
        if expected.rootAttributes != found.rootAttributes {
            return "/: computed \(expected.rootAttributes), mounted \(found.rootAttributes)"
        }
        var pending = [(TreePath.root, expected.rootObject, found.rootObject)]
        while let (path, left, right) = pending.popLast() {
            if left == right { continue }
            let computed = try expectedSource.directoryObject(left)
            let mounted = try foundSource.directoryObject(right)
            for name in Set(computed.children.map(\.name) + mounted.children.map(\.name)).sorted() {
                let (one, other) = (computed[name], mounted[name])
                if one == other { continue }
                if case .directory(let oneHash) = one?.node, case .directory(let otherHash) = other?.node,
                    one?.attributes == other?.attributes
                {
                    pending.append((path.appending(name), oneHash, otherHash))
                    continue
                }
                let texts = [one, other].map { $0.map { "\($0)" } ?? "nothing" }
                return "\(path.appending(name)): computed \(texts[0]), mounted \(texts[1])"
            }
            if computed.linkSets != mounted.linkSets {
                return "\(path): computed link sets \(computed.linkSets), mounted \(mounted.linkSets)"
            }
        }
        return "no entry differs, the digests do"
    }
}
