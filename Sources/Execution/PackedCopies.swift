internal import Bytes
package import Graph
package import Layers

/// The copies of a build that no step of it reads by running on them, and that its image needs packed.
package struct PackedCopies: Sendable {
    package let vertices: Set<VertexID>
    /// How they are packed.
    package let compression: LayerCompression

    /// Chooses among the layers of the image.
    ///
    /// A copy is one if it takes files of local folders only, needs no files of the image to know its owners, and all
    /// that is laid over it are such copies; WORKDIR is as good as one.
    package init(of graph: BuildGraph, compression: LayerCompression) {
        self.compression = compression
        var chosen = Set(graph.image.chain.filter { graph[$0].isPlainCopy(in: graph) })
        // What comes later is looked at first: a step that is no such copy needs all below it unpacked.
        for vertex in graph.vertices.reversed() where !chosen.contains(vertex.id) {
            for input in vertex.inputs { chosen.remove(input) }
        }
        vertices = chosen
    }
}

extension Vertex {
    fileprivate func isPlainCopy(in graph: BuildGraph) -> Bool {
        guard case .file(let actions) = operation else { return false }
        return actions.allSatisfy { action in
            let owner: ByteString?
            switch action {
            case .makeDirectory(let make): owner = make.owner
            case .copy(let copy):
                guard case .input(let input, _) = copy.origin,
                    case .source(.local) = graph[inputs[input]].operation
                else { return false }
                owner = copy.owner
            }
            return owner.map { $0.bytes.allSatisfy { (0x30...0x3A).contains($0) } } ?? true
        }
    }
}
