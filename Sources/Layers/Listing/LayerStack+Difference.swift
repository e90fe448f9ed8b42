internal import Bytes
package import Trees

/// A path at which two images differ.
package struct LayerFileDifference: Sendable {
    /// What of a file can differ; times are not looked at.
    package enum Aspect: String, Sendable, CaseIterable {
        case kind
        case content
        case target
        case device
        case mode
        case owner
        case xattrs
    }

    package var path: TreePath
    /// What is there in the one image and in the other; nil where nothing is.
    package var left: LayerFile?
    package var right: LayerFile?

    /// What differs where both have something.
    package var aspects: [Aspect] {
        guard let left, let right else { return [] }
        guard left.kind == right.kind else { return [.kind] }
        return Aspect.allCases.filter { aspect in
            switch aspect {
            case .kind: false
            case .content: left.hash != right.hash || left.size != right.size
            case .target: left.target != right.target
            case .device: left.device != right.device
            case .mode: left.attributes.mode != right.attributes.mode && left.kind != .symlink
            case .owner: left.attributes.uid != right.attributes.uid || left.attributes.gid != right.attributes.gid
            case .xattrs: left.attributes.xattrs != right.attributes.xattrs
            }
        }
    }
}

extension LayerStack {
    /// Gives the paths at which another image's files are not those of this one, in the order of the tree.
    ///
    /// Both must have been read with their contents.
    package func forEachDifference(from other: LayerStack, _ body: (LayerFileDifference) throws -> Void) rethrows {
        var pending: [(left: Int32?, right: Int32?, path: TreePath)] = [(LayerStack.root, LayerStack.root, .root)]
        while let (left, right, path) = pending.popLast() {
            let difference = LayerFileDifference(
                path: path,
                left: left.map(file),
                right: right.map { other.file($0) }
            )
            if left == nil || right == nil || !difference.aspects.isEmpty { try body(difference) }
            let (mine, theirs) = (present(below: left), other.present(below: right))
            var next: [(left: Int32?, right: Int32?, path: TreePath)] = []
            var (one, two) = (0, 0)
            while one < mine.count || two < theirs.count {
                let (name, otherName) = (
                    one < mine.count ? nodes[Int(mine[one])].name : nil,
                    two < theirs.count ? other.nodes[Int(theirs[two])].name : nil
                )
                guard let first = [name, otherName].compactMap({ $0 }).min() else { break }
                let isMine = name == first
                let isTheirs = otherName == first
                next.append((isMine ? mine[one] : nil, isTheirs ? theirs[two] : nil, path.appending(first)))
                one += isMine ? 1 : 0
                two += isTheirs ? 1 : 0
            }
            pending += next.reversed()
        }
    }

    private func present(below node: Int32?) -> [Int32] {
        guard let node, nodes[Int(node)].kind == .directory else { return [] }
        return sorted(children(of: node).filter { nodes[Int($0)].isPresent })
    }
}
