internal import Bytes
internal import OCI
internal import Trees

/// What a layer did to the files below it; directories are not counted.
package struct LayerFigures: Sendable {
    package struct Count: Sendable, Hashable {
        package var files = 0
        /// Bytes of them; those of a file with several names count once.
        package var size: UInt64 = 0
    }

    package var added = Count()
    package var changed = Count()
    package var removed = Count()
}

extension LayerStack {
    /// Lays the next layer over the others (OCI image-spec, Layer, "Applying Changesets").
    ///
    /// Whiteouts hide only what is below the layer, wherever in its tar they stand. Links on the way to an entry are
    /// followed inside the image, as when the layer is unpacked.
    ///
    /// - Throws: `LayersError`: `limitExceeded` for too many paths, `tooManyLinks`, `brokenLink`.
    package mutating func lay(_ changes: [LayerChange]) throws(LayersError) -> LayerFigures {
        let layer = Int32(wasted.count)
        wasted.append(0)
        affected.removeAll(keepingCapacity: true)
        for change in changes {
            switch change {
            case .entry: break
            case .whiteout(let path): try hide(TreePath(splitting: path), layer)
            case .opaque(let path):
                guard let node = try find(TreePath(splitting: path)), nodes[Int(node)].isPresent else { break }
                tell(parentsOf: node, itself: true, layer)
                for child in children(of: node) where nodes[Int(child)].isPresent {
                    _ = remove(child, layer, by: child)
                }
            }
        }
        for change in changes { if case .entry(let entry) = change { try put(entry, layer) } }
        return figures(layer)
    }

    private mutating func figures(_ layer: Int32) -> LayerFigures {
        var figures = LayerFigures()
        for node in affected {
            let row = nodes[Int(node)]
            if row.isPresent, row.layer == layer {
                if row.parentIn != layer { count(node, row.tarSize) }
                if row.kind == .directory {
                    if row.existed, row.formerKind != .directory { figures.removed.add(row.formerSize) }
                    continue
                }
                if row.existed { figures.changed.add(row.tarSize) } else { figures.added.add(row.tarSize) }
            } else if !row.isPresent, row.existed, row.formerKind != .directory {
                figures.removed.add(row.formerSize)
            }
        }
        return figures
    }

    /// Counts a leaf as dive does.
    private mutating func count(_ node: Int32, _ size: UInt64) {
        guard node != LayerStack.root else { return }
        let isFirst = nodes[Int(node)].told == 0
        nodes[Int(node)].leastSize = isFirst ? size : min(size, nodes[Int(node)].leastSize)
        nodes[Int(node)].told += 1
        nodes[Int(node)].toldSize += size
    }

    // MARK: Hiding

    private mutating func hide(_ path: TreePath, _ layer: Int32) throws(LayersError) {
        guard let node = try find(path), nodes[Int(node)].isPresent, node != LayerStack.root else { return }
        tell(parentsOf: node, itself: false, layer)
        let isDirectory = nodes[Int(node)].kind == .directory
        let size = remove(node, layer, by: node)
        count(node, isDirectory ? size : 0)
    }

    /// Takes away what is there, with all below it.
    ///
    /// `culprit`: the path that the bytes are wasted by. Returns the bytes in tars of all that was there.
    private mutating func remove(_ node: Int32, _ layer: Int32, by culprit: Int32) -> UInt64 {
        var size: UInt64 = 0
        var pending = [node]
        while let next = pending.popLast() {
            guard nodes[Int(next)].isPresent else { continue }
            pending += children(of: next)
            note(next, layer)
            size += nodes[Int(next)].tarSize
            release(next, by: culprit)
            nodes[Int(next)].isPresent = false
        }
        return size
    }

    /// Lets go of a file's content; it is wasted with its last name.
    private mutating func release(_ node: Int32, by culprit: Int32) {
        targets[node] = nil
        xattrs[node] = nil
        let content = Int(nodes[Int(node)].content)
        nodes[Int(node)].content = -1
        guard content >= 0 else { return }
        contents[content].links -= 1
        guard contents[content].links == 0 else { return }
        wasted[Int(contents[content].layer)] += contents[content].size
        nodes[Int(culprit)].wasted += contents[content].size
    }

    // MARK: Putting

    private mutating func put(_ entry: LayerEntry, _ layer: Int32) throws(LayersError) {
        let path = TreePath(splitting: entry.path)
        guard let name = path.last else {
            note(LayerStack.root, layer)
            set(LayerStack.root, entry.attributes, layer)
            return
        }
        let parent = try directory(path.parent, layer)
        let node = try makeChild(name, of: parent)
        tell(parentsOf: node, itself: false, layer)
        note(node, layer)
        if case .directory = entry.kind, nodes[Int(node)].isPresent, nodes[Int(node)].kind == .directory {
            set(node, entry.attributes, layer)
            return
        }
        // Found before anything of this name goes: a file may be linked to itself.
        let source: Int32? =
            if case .hardLink(let target) = entry.kind { try self.source(TreePath(splitting: target), node) } else {
                nil
            }
        if source == node { return }
        let isDirectory = nodes[Int(node)].isPresent && nodes[Int(node)].kind == .directory
        if isDirectory { for child in children(of: node) { _ = remove(child, layer, by: node) } }
        release(node, by: node)
        nodes[Int(node)].isPresent = true
        nodes[Int(node)].tarSize = 0
        nodes[Int(node)].device = 0
        if let source {
            link(node, to: source)
        } else {
            fill(node, entry.kind, layer)
        }
        set(node, source.map { attributes(of: $0) } ?? entry.attributes, layer)
        nodes[Int(node)].hasChanged = true
    }

    private mutating func fill(_ node: Int32, _ kind: LayerEntry.Kind, _ layer: Int32) {
        switch kind {
        case .file(let size, let hash):
            nodes[Int(node)].kind = .file
            nodes[Int(node)].tarSize = size
            nodes[Int(node)].content = Int32(contents.count)
            contents.append(Content(size: size, layer: layer, hash: hash))
        case .directory: nodes[Int(node)].kind = .directory
        case .symlink(let target):
            nodes[Int(node)].kind = .symlink
            targets[node] = target
        case .characterDevice(let number):
            nodes[Int(node)].kind = .characterDevice
            nodes[Int(node)].device = number
        case .blockDevice(let number):
            nodes[Int(node)].kind = .blockDevice
            nodes[Int(node)].device = number
        case .fifo: nodes[Int(node)].kind = .fifo
        case .hardLink: preconditionFailure("a hard link is made of what it leads to")
        }
    }

    private mutating func link(_ node: Int32, to source: Int32) {
        let row = nodes[Int(source)]
        nodes[Int(node)].kind = row.kind
        nodes[Int(node)].device = row.device
        nodes[Int(node)].content = row.content
        if row.content >= 0 { contents[Int(row.content)].links += 1 }
        targets[node] = targets[source]
    }

    /// What a hard link leads to.
    private mutating func source(_ target: TreePath, _ node: Int32) throws(LayersError) -> Int32 {
        guard let found = try find(target), nodes[Int(found)].isPresent else {
            throw .brokenLink(path(of: node), to: target.bytes, reason: "it is not there")
        }
        guard nodes[Int(found)].kind != .directory else {
            throw .brokenLink(path(of: node), to: target.bytes, reason: "it is a directory")
        }
        return found
    }

    private mutating func set(_ node: Int32, _ attributes: Attributes, _ layer: Int32) {
        if nodes[Int(node)].layer >= 0, self.attributes(of: node) != attributes { nodes[Int(node)].hasChanged = true }
        nodes[Int(node)].mode = attributes.mode
        nodes[Int(node)].uid = attributes.uid
        nodes[Int(node)].gid = attributes.gid
        nodes[Int(node)].layer = layer
        xattrs[node] = attributes.xattrs.isEmpty ? nil : attributes.xattrs
    }

    /// Keeps what the layer finds at a path, before it changes anything there.
    private mutating func note(_ node: Int32, _ layer: Int32) {
        guard nodes[Int(node)].seen != layer else { return }
        nodes[Int(node)].seen = layer
        nodes[Int(node)].existed = nodes[Int(node)].isPresent
        nodes[Int(node)].hasChanged = false
        nodes[Int(node)].formerKind = nodes[Int(node)].kind
        nodes[Int(node)].formerSize = nodes[Int(node)].tarSize
        affected.append(node)
    }

    /// Marks the directories above a node, which the layer tells something below of.
    private mutating func tell(parentsOf node: Int32, itself: Bool, _ layer: Int32) {
        var next = itself ? node : nodes[Int(node)].parent
        while next >= 0, nodes[Int(next)].parentIn != layer {
            nodes[Int(next)].parentIn = layer
            next = nodes[Int(next)].parent
        }
    }

    // MARK: Paths

    /// The node that a path leads to, its last component not followed; nil where nothing was ever there.
    private mutating func find(_ path: TreePath) throws(LayersError) -> Int32? {
        guard let name = path.last else { return LayerStack.root }
        guard let parent = try follow(path.parent, makes: nil) else { return nil }
        return child(name, of: parent)
    }

    /// The directory that a path leads to, links followed; what is missing, or no directory, becomes one.
    private mutating func directory(_ path: TreePath, _ layer: Int32) throws(LayersError) -> Int32 {
        try follow(path, makes: layer) ?? LayerStack.root
    }

    private mutating func follow(_ path: TreePath, makes layer: Int32?) throws(LayersError) -> Int32? {
        var pending = Array(path.components.reversed())
        var node = LayerStack.root
        var links = 0
        while let name = pending.popLast() {
            if name == ".." {
                node = max(nodes[Int(node)].parent, LayerStack.root)
                continue
            }
            var next = child(name, of: node)
            if let found = next, nodes[Int(found)].isPresent {
                if nodes[Int(found)].kind == .directory {
                    node = found
                    continue
                }
                if let target = targets[found] {
                    links += 1
                    guard links <= 255 else { throw .tooManyLinks(path.bytes) }
                    if target.hasPrefix("/") { node = LayerStack.root }
                    pending += TreePath(splitting: target).components.reversed()
                    continue
                }
            }
            guard let layer else { return nil }
            if next == nil { next = try makeChild(name, of: node) }
            guard let made = next else { return nil }
            note(made, layer)
            release(made, by: made)
            nodes[Int(made)].isPresent = true
            nodes[Int(made)].kind = .directory
            nodes[Int(made)].tarSize = 0
            set(made, Attributes(mode: 0o755), layer)
            nodes[Int(made)].hasChanged = true
            node = made
        }
        return node
    }
}

extension LayerFigures.Count {
    fileprivate mutating func add(_ size: UInt64) {
        files += 1
        self.size += size
    }
}
