internal import Bytes
internal import Execution
internal import Export
internal import Graph
internal import Layers
internal import Linux
internal import Solver
internal import Trees

extension ImageExport {
    /// The files of the last stage into a folder.
    func writeFiles(to path: ByteString) async throws {
        let (listing, root) = try await files()
        try await timed("copying files to \(path.escaped)") {
            try FolderExporter(listing, from: root).write(to: path)
        }
    }

    /// The files of the last stage as a tar.
    func writeFilesTar(to path: ByteString?) async throws {
        let (listing, root) = try await files()
        let destination = try ImageExport.destination(path, isTar: true)
        try await timed("writing files as a tar to \(path?.escaped ?? "standard output")") {
            try FilesTar(listing, from: root).write(to: destination)
        }
    }

    /// The last stage's tree, mounted, with all that is in it.
    private func files() async throws -> (Delta, Directory) {
        guard let last = graph.image.chain.last else { preconditionFailure("an image has at least its base") }
        let tree: Tree
        let layers: [Solver.DeltaID]
        if let outcome = outcomes[last] {
            (tree, layers) = (outcome.state.tree, outcome.deltas)
        } else {
            // A base that no step reads was not opened.
            guard case .source(let source) = graph[last].operation else {
                preconditionFailure("every step of the chain was solved")
            }
            let opened = try await executor.open(source, for: last, reading: [])
            (tree, layers) = (opened.state.tree, opened.deltas)
        }
        let root = try executor.root(of: tree, layers)
        return (try TreeListing(tree, source: executor.trees, root: root).delta(), root)
    }
}
