internal import Execution
internal import Export
internal import Graph
internal import OCI

extension BuildRequest {
    /// The copies that may go straight into their packed form: nil where no output needs layers, or one reads the files.
    ///
    /// They are packed as the first image wants them; for another one that form is packed anew, which is cheaper than
    /// packing from files.
    func packedCopies(of graph: BuildGraph) throws -> PackedCopies? {
        let forms = try imageForms()
        guard let first = forms.first, !readsFiles, forms.allSatisfy({ $0.latestTime == nil }) else { return nil }
        return PackedCopies(of: graph, compression: first.compression)
    }

    private func imageForms() throws -> [LayerForm] {
        if outputs.isEmpty { return [ImageSettings().layerForm(epoch: nil)] }
        let epoch = try ImageExport.epoch(of: self)
        return outputs.compactMap { $0.settings?.layerForm(epoch: epoch) }
    }

    private var readsFiles: Bool {
        outputs.contains { output in
            switch output {
            case .folder, .tar: true
            case .layout, .image, .cacheOnly: false
            }
        }
    }
}
