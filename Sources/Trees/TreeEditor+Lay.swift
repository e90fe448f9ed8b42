internal import OCI

extension TreeEditor {
    /// Lays a tree over this one, as a layer that holds all of it would be: what `COPY --link` has written.
    ///
    /// Directories of both are merged and take the attributes of the upper one, everything else is replaced. The root
    /// keeps its own attributes: a layer without an entry for it does not change it.
    ///
    /// - Parameter upper: its objects are in the source of this editor.
    /// - Throws: what reading a directory object throws.
    package func lay(_ upper: Tree) throws {
        try lay(upper.rootObject, at: .root)
    }

    private func lay(_ hash: ContentHash, at path: TreePath) throws {
        let object = try source.directoryObject(hash)
        for child in object.children {
            let place = path.appending(child.name)
            if case .directory(let inner) = child.entry.node, try entry(at: place)?.isDirectory == true {
                try setDirectory(place, child.entry.attributes)
                try lay(inner, at: place)
            } else {
                try set(place, child.entry)
            }
        }
        for links in object.linkSets { try link(links.map { path.appending(TreePath(parsing: $0)) }) }
    }
}
