internal import Bytes
internal import Layers
package import Linux
internal import OCI
internal import Sandbox
package import Solver
internal import Store
package import Trees

extension LocalExecutor {
    package func lay(_ result: StepResult, over parent: Outcome) async throws -> Tree {
        let editor = try TreeEditor(parent.state.tree, source: store.trees)
        try editor.lay(result.output.tree)
        let tree = try editor.commit(into: MissingObjects(trees: store.trees))
        if options.checksTrees {
            try check(tree, lowers: try deltas.lowers(of: parent.deltas + [result.delta]), step: "COPY --link")
        }
        return tree
    }

    /// A tree's root, mounted read-only nowhere but under the directory that comes back.
    package func root(of tree: Tree, _ layers: [Solver.DeltaID]) throws -> Directory {
        try view(tree, lowers: try deltas.lowers(of: layers)).openDirectory()
    }

    /// A tree as a mount shows it, read-only.
    ///
    /// The attributes of the root are those of the topmost layer, and the layer of a linked copy knows nothing of the
    /// tree's: where they differ an empty layer with the right ones comes on top.
    func view(_ tree: Tree, lowers: [Directory]) throws -> DetachedMount {
        guard let top = lowers.first, try !hasAttributes(top, tree.rootAttributes) else {
            return try chain(lowers)
        }
        let cover = try folder.makeStubDirectory()
        try Below.prepareRoot(of: cover, like: Below(tree: tree, source: trees, lowers: lowers))
        return try chain([cover] + lowers)
    }

    /// Layers as a mount shows them, read-only.
    func chain(_ lowers: [Directory]) throws -> DetachedMount {
        guard lowers.count <= DetachedMount.maximumLowers else { throw ExecutionError.tooManyLayers(lowers.count) }
        return try DetachedMount.chain(lowers: lowers)
    }

    private func hasAttributes(_ directory: Directory, _ attributes: Attributes) throws -> Bool {
        let status = try directory.status()
        let xattrs = try directory.xattrs().filter { Attributes.covers($0.name) }
        return Attributes(mode: status.mode, uid: status.uid, gid: status.gid, xattrs: xattrs) == attributes
    }
}

/// Takes those directory objects that the store does not have yet: an unchanged build writes nothing.
private struct MissingObjects: TreeSink {
    let trees: TreeStore

    func put(_ object: DirectoryObject) throws -> ContentHash {
        let hash = object.hash
        if (try? trees.directoryObject(hash)) != nil { return hash }
        return try trees.put(object)
    }
}
