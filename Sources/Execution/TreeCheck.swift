internal import Bytes
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Sandbox
internal import Solver
internal import Trees

extension LocalExecutor {
    /// The oracle of `SWIFT_BUILD_IMAGE_CHECK=trees`: walks the root as later steps will see it, and compares with the
    /// tree that was computed from the step's delta (`cache.md`, "Oracles").
    func check(_ expected: Tree, with delta: Solver.DeltaID, _ job: StepJob) throws {
        let lowers = try deltas.lowers(of: (job.inputs.first?.deltas ?? []) + [delta])
        // A view without a work directory: the snapshot is not changed by looking at it.
        let root = try DetachedMount.chain(lowers: lowers).openDirectory()
        let scanned = MemoryTrees()
        let found = try TreeScan(root: root).tree(into: scanned)
        guard found.digest != expected.digest else { return }
        let difference = try TreeCheck.firstDifference(expected, trees, found, scanned)
        throw ExecutionError.treesDiffer(step: job.vertex.name, firstDifference: difference)
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
