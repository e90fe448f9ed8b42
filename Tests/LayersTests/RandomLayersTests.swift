import Bytes
import Layers
import Linux
import OCI
import Testing
import Trees

@Suite(.enabled(if: isRoot, "mounts overlays"))
struct RandomLayersTests {
    @Test(
        "after random edits in an overlay, the computed tree is the one that is seen, also through a layer's tar",
        arguments: 0..<40
    )
    func randomEdits(seed: Int) throws {
        let scratch = try Scratch()
        let objects = MemoryTrees()
        var below = Below(tree: .empty, source: objects, lowers: [])
        var mirror = Below(tree: .empty, source: objects, lowers: [])
        var stack = LayerStack()
        _ = try scratch.folder("empty")
        _ = try scratch.folder("root")
        var lowers = "empty"
        for layer in 0..<3 {
            let upper = try scratch.folder("upper\(layer)")
            _ = try scratch.folder("work\(layer)")
            try Below.prepareRoot(of: upper, like: below)
            let options = "index=off,metacopy=off,redirect_dir=nofollow,xino=off"
            try scratch.shell(
                "mount -t overlay -o lowerdir=\(lowers),upperdir=upper\(layer),workdir=work\(layer),\(options) overlay root"
            )
            var edits = RandomEdits(root: scratch.path + "/root", seed: UInt64(seed * 10 + layer))
            edits.run(layer == 0 ? 200 : 60)
            let mounted = try scratch.directory.child("root")
            let seen = try TreeScan(root: mounted).tree(into: objects)
            let scan = try withExtendedLifetime(mounted) { try UpperScan(upper: upper, below: below).run() }
            let before = below
            below = try below.adding(scan.delta, in: upper)
            #expect(below.tree == seen, "layer \(layer): \(differences(below.tree, seen, in: below.source))")
            try scratch.shell("umount -l root")

            // What the scan took out of the upper was not to be seen.
            lowers = "upper\(layer):" + lowers
            try scratch.shell("mount -t overlay -o ro,lowerdir=\(lowers),\(options) overlay root")
            #expect(try TreeScan(root: try scratch.directory.child("root")).tree(into: objects) == seen)
            try scratch.shell("umount -l root")

            // The same through a tar, over what earlier tars gave.
            let (packed, bytes) = try LayerWriter(upper: upper, delta: scan.delta).packed()
            let blob = try scratch.file("blob\(layer)", bytes)
            let copy = try scratch.folder("copy\(layer)")
            let expected = ExpectedLayer(digest: packed.digest, size: packed.size, diffID: packed.diffID)
            let applied = try LayerApply(upper: copy, below: mirror).apply(blob, expecting: expected)
            mirror = try mirror.adding(applied.delta, in: copy)
            #expect(
                mirror.tree == below.tree,
                "layer \(layer): \(differences(mirror.tree, below.tree, in: mirror.source))"
            )
            // The same without unpacking anything.
            let listing = try LayerListing(try BlobRange(whole: blob), expecting: expected, hashesContent: true)
            _ = try stack.lay(listing.changes)
            #expect(files(of: stack) == (try files(of: mirror.tree, in: mirror.source)), "layer \(layer)")
            // What the tar gave, scanned as a step's upper would be.
            let over = Below(tree: before.tree, source: before.source, lowers: Array(mirror.lowers.dropFirst()))
            let again = try before.adding(try UpperScan(upper: copy, below: over).run().delta, in: copy)
            #expect(
                again.tree == below.tree,
                "layer \(layer): \(differences(again.tree, below.tree, in: again.source))"
            )
        }
    }

    /// A line for each path that is there.
    private func files(of stack: LayerStack) -> [String] {
        var lines: [String] = []
        LayerStack().forEachDifference(from: stack) { difference in
            guard let file = difference.right, !difference.path.isRoot else { return }
            let mode = file.kind == .symlink ? 0 : file.attributes.mode
            lines.append(
                "\(difference.path) \(file.kind) \(mode) \(file.attributes.uid):\(file.attributes.gid) \(file.size) "
                    + "\(file.hash?.hex ?? "-") \(file.target ?? "-") \(file.attributes.xattrs)"
            )
        }
        return lines
    }

    private func files(of tree: Tree, in source: any TreeSource) throws -> [String] {
        var lines: [String] = []
        func visit(_ object: ContentHash, _ path: TreePath) throws {
            for child in try source.directoryObject(object).children {
                let path = path.appending(child.name)
                let attributes = child.entry.attributes
                let mode = child.entry.kind == .symlink ? 0 : attributes.mode
                let content =
                    switch child.entry.node {
                    case .file(let hash, let size): "\(size) \(hash.hex) -"
                    case .symlink(let target): "0 - \(target)"
                    default: "0 - -"
                    }
                lines.append(
                    "\(path) \(child.entry.kind) \(mode) \(attributes.uid):\(attributes.gid) \(content) "
                        + "\(attributes.xattrs)"
                )
                if case .directory(let hash) = child.entry.node { try visit(hash, path) }
            }
        }
        try visit(tree.rootObject, .root)
        return lines
    }
}
