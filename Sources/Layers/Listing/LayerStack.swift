internal import Bytes
internal import OCI
package import Trees

/// The files of an image's layers laid over each other one by one, with what each layer brought and what of it is still
/// there at the top.
///
/// A row for each path that any layer tells of, some 200 bytes each with its name; contents are not kept. Copies share
/// their rows until one of them changes, so two images with the same first layers take them once.
package struct LayerStack: Sendable {
    /// Entries of one layer, and paths of all layers together.
    package static let entryLimit = 2_000_000

    /// A path that a layer told of; it stays when a later layer removes it.
    struct Node: Sendable {
        var name: ByteString
        var parent: Int32
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1

        // What is there, or was there last.
        var isPresent = false
        var kind: FileKind = .directory
        var mode: UInt16 = 0o755
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        /// A device's number.
        var device: UInt64 = 0
        /// A file's content, which hard links share; -1 for what has none.
        var content: Int32 = -1
        /// Bytes of the content in the tar of the layer that wrote it last; none for hard links.
        var tarSize: UInt64 = 0
        /// The layer that wrote it last.
        var layer: Int32 = -1

        // The layer that is being laid, and what it found here.
        var seen: Int32 = -1
        var existed = false
        var hasChanged = false
        var formerKind: FileKind = .directory
        var formerSize: UInt64 = 0
        /// The last layer that tells of something below.
        var parentIn: Int32 = -1

        // Over all layers.
        /// Bytes of contents that nothing at the top has any more, by what took them away.
        var wasted: UInt64 = 0
        /// How dive counts: in how many layers it is a leaf, and all and the least bytes it has there.
        var told: Int32 = 0
        var toldSize: UInt64 = 0
        var leastSize: UInt64 = 0
    }

    struct Content: Sendable {
        var size: UInt64
        var layer: Int32
        var links: Int32 = 1
        var hash: ContentHash?
    }

    private struct Key: Hashable, Sendable {
        var parent: Int32
        var name: ByteString
    }

    var nodes: [Node] = [Node(name: "", parent: -1, isPresent: true)]
    var contents: [Content] = []
    private var positions: [Key: Int32] = [:]
    /// Texts of links, and attributes of those few that have any, by nodes.
    var targets: [Int32: ByteString] = [:]
    var xattrs: [Int32: [Xattr]] = [:]
    /// Bytes of each layer that nothing at the top has any more.
    package internal(set) var wasted: [UInt64] = []
    /// The nodes that the layer being laid has to do with, each once.
    var affected: [Int32] = []

    static let root: Int32 = 0

    package init() {}

    // MARK: Rows

    func child(_ name: ByteString, of parent: Int32) -> Int32? { positions[Key(parent: parent, name: name)] }

    /// The child's row, made absent where there was none.
    mutating func makeChild(_ name: ByteString, of parent: Int32) throws(LayersError) -> Int32 {
        let key = Key(parent: parent, name: name)
        if let known = positions[key] { return known }
        guard nodes.count < LayerStack.entryLimit else {
            throw .limitExceeded(.entries(LayerStack.entryLimit), entry: nil)
        }
        let node = Int32(nodes.count)
        nodes.append(Node(name: name, parent: parent, nextSibling: nodes[Int(parent)].firstChild))
        nodes[Int(parent)].firstChild = node
        positions[key] = node
        return node
    }

    /// The rows of a directory's children, those that are not there too, in no order.
    func children(of node: Int32) -> [Int32] {
        var result: [Int32] = []
        var next = nodes[Int(node)].firstChild
        while next >= 0 {
            result.append(next)
            next = nodes[Int(next)].nextSibling
        }
        return result
    }

    func path(of node: Int32) -> TreePath {
        var components: [ByteString] = []
        var next = node
        while next > 0 {
            components.append(nodes[Int(next)].name)
            next = nodes[Int(next)].parent
        }
        return TreePath(components.reversed())
    }

    func attributes(of node: Int32) -> Attributes {
        let row = nodes[Int(node)]
        return Attributes(mode: row.mode, uid: row.uid, gid: row.gid, xattrs: xattrs[node] ?? [])
    }

    /// Bytes of a file, whichever name of it was written.
    func size(of node: Int32) -> UInt64 {
        let content = nodes[Int(node)].content
        return content < 0 ? 0 : contents[Int(content)].size
    }

    // MARK: Figures

    /// Which part of all layers' bytes would do, as dive counts it (its `Efficiency`): 1 where nothing is told twice.
    ///
    /// For each path the layers count in which it is a leaf: a file, or a directory of which nothing else is told there.
    /// Its bytes in each of them are its size in that tar (none for links and directories); a whiteout has none if it
    /// hides a file, and if it hides a directory the bytes of all that was in it. The score is the sum of the paths' least
    /// bytes through the sum of all their bytes. So a file that is written twice or removed counts against the image, and
    /// one that goes with its directory does not: ``wasted`` counts those too.
    package var efficiency: Double {
        var least = 0.0
        var all = 0.0
        for node in nodes where node.told > 0 {
            least += Double(node.leastSize)
            all += Double(node.toldSize)
        }
        return all == 0 ? 1 : least / all
    }

    /// Something that made bytes of layers below useless by removing or replacing them.
    package struct WastedPath: Sendable {
        package var path: TreePath
        package var isDirectory: Bool
        /// Bytes that are in the image for nothing.
        package var size: UInt64
    }

    /// The paths that waste most, worst first; of equal ones in the order of paths.
    package func wastedPaths(limit: Int) -> [WastedPath] {
        let worst = nodes.indices.filter { nodes[$0].wasted > 0 }.sorted { left, right in
            let (one, two) = (nodes[left].wasted, nodes[right].wasted)
            return one == two ? path(of: Int32(left)) < path(of: Int32(right)) : one > two
        }
        return worst.prefix(limit).map { node in
            let row = nodes[node]
            let isDirectory = row.isPresent ? row.kind == .directory : row.formerKind == .directory
            return WastedPath(path: path(of: Int32(node)), isDirectory: isDirectory, size: row.wasted)
        }
    }
}
