package import Bytes
package import OCI
package import Trees

/// A file, directory or anything else of an image, without its name.
package struct LayerFile: Sendable, Hashable {
    package var kind: FileKind
    /// Bytes of a file; 0 of others.
    package var size: UInt64
    package var attributes: Attributes
    /// The text of a link.
    package var target: ByteString?
    /// A device's number as makedev(3) writes it.
    package var device: UInt64
    /// Of a file's content, where the layers were read with their contents.
    package var hash: ContentHash?
}

/// What a layer did at one path.
package struct LayerFileChange: Sendable {
    package enum Mark: Sendable, Hashable {
        case added
        case changed
        case removed
    }

    package var path: TreePath
    package var mark: Mark
    /// What is there, or was.
    package var file: LayerFile
    /// Of what was removed or changed, what it was.
    package var former: FileKind?
    /// What a removed directory held; a removed file counts itself.
    package var removed: LayerFigures.Count
}

extension LayerStack {
    /// What is at a node, or was there before it was removed.
    func file(_ node: Int32) -> LayerFile {
        let row = nodes[Int(node)]
        let hash = row.content < 0 ? nil : contents[Int(row.content)].hash
        return LayerFile(
            kind: row.isPresent ? row.kind : row.formerKind,
            size: row.isPresent ? size(of: node) : row.formerSize,
            attributes: attributes(of: node),
            target: targets[node],
            device: row.device,
            hash: hash
        )
    }

    func sorted(_ nodes: [Int32]) -> [Int32] { nodes.sorted { self.nodes[Int($0)].name < self.nodes[Int($1)].name } }

    /// Gives what the layer that was laid last did, in the order of the tree.
    ///
    /// A directory that was removed is given alone, with what it held. One that the layer tells of without changing mode,
    /// owner or attributes is left out.
    package func forEachChange(_ body: (LayerFileChange) throws -> Void) rethrows {
        let layer = Int32(wasted.count - 1)
        var pending: [(node: Int32, path: TreePath)] = [(LayerStack.root, .root)]
        while let (node, path) = pending.popLast() {
            let row = nodes[Int(node)]
            if row.seen == layer, let change = change(node, path, layer) { try body(change) }
            guard row.isPresent, row.kind == .directory else { continue }
            let children = children(of: node).filter {
                nodes[Int($0)].seen == layer || nodes[Int($0)].parentIn == layer
            }
            for child in sorted(children).reversed() {
                pending.append((child, path.appending(nodes[Int(child)].name)))
            }
        }
    }

    private func change(_ node: Int32, _ path: TreePath, _ layer: Int32) -> LayerFileChange? {
        let row = nodes[Int(node)]
        let former = row.existed ? row.formerKind : nil
        func change(_ mark: LayerFileChange.Mark, removed: LayerFigures.Count = .init()) -> LayerFileChange {
            LayerFileChange(path: path, mark: mark, file: file(node), former: former, removed: removed)
        }
        if !row.isPresent { return row.existed ? change(.removed, removed: held(node, layer)) : nil }
        guard row.layer == layer else { return nil }
        if !row.existed { return change(.added) }
        return row.hasChanged || row.formerKind != row.kind ? change(.changed) : nil
    }

    /// What was removed with a node.
    private func held(_ node: Int32, _ layer: Int32) -> LayerFigures.Count {
        var count = LayerFigures.Count()
        var pending = [node]
        while let next = pending.popLast() {
            let row = nodes[Int(next)]
            pending += children(of: next)
            guard row.seen == layer, row.existed, row.formerKind != .directory else { continue }
            count.files += 1
            count.size += row.formerSize
        }
        return count
    }
}
