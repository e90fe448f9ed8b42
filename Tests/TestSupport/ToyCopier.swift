internal import Bytes
internal import Graph
internal import OCI
internal import Solver
internal import Trees

/// The simulated COPY and WORKDIR: the rules that keys depend on, none of the finer ones.
struct ToyCopier {
    var files: FileModel
    let world: MemoryWorld
    let now: FileTime
    private let before: FileModel
    private var written: [TreePath: FileTime] = [:]

    init(files: FileModel, world: MemoryWorld, now: FileTime) {
        self.files = files
        self.world = world
        self.now = now
        before = files
    }

    var delta: Delta { before.delta(to: files, modified: now, rewritten: written) }

    mutating func run(_ actions: [FileAction], _ job: StepJob) throws {
        for (action, selection) in zip(actions, job.selections) {
            switch action {
            case .makeDirectory(let make):
                let path = TreePath(parsing: make.path)
                if !files.isDirectory(path) { files.makeDirectory(path, Attributes(mode: 0o755)) }
            case .copy(let copy):
                if case .inline(let name, let content) = copy.origin {
                    world.contents.keep(content)
                    write(.file(content), named: name, copy)
                }
                guard let selection else { continue }
                let trees = selection.source(over: world.trees)
                for item in selection.items { try add(item, from: trees, copy) }
            }
        }
    }

    private mutating func add(_ item: Selection.Item, from trees: any TreeSource, _ copy: CopyAction) throws {
        guard case .directory(let hash) = item.entry.node else { return write(item.entry, named: item.name, copy) }
        let source = try FileModel(Tree(rootAttributes: item.entry.attributes, rootObject: hash), from: trees)
        let target = TreePath(parsing: copy.destination)
        if !files.isDirectory(target) { files.makeDirectory(target, Attributes(mode: 0o755)) }
        var firsts: [Int: TreePath] = [:]
        for path in source.paths {
            let place = target.appending(path)
            if let attributes = source.attributes(ofDirectory: path) {
                files.makeDirectory(place, changed(attributes, copy, isDirectory: true))
            } else if let inode = source.inode(at: path), let entry = source.file(at: path) {
                if let first = firsts[inode] {
                    files.link(place, to: first)
                } else {
                    files.write(place, TreeEntry(entry.node, changed(entry.attributes, copy, isDirectory: false)))
                    firsts[inode] = place
                }
                written[place] = now
            }
        }
    }

    private mutating func write(_ entry: TreeEntry, named name: ByteString, _ copy: CopyAction) {
        var target = TreePath(parsing: copy.destination)
        if copy.destination.hasSuffix("/") || files.isDirectory(target) { target = target.appending(name) }
        files.write(target, TreeEntry(entry.node, changed(entry.attributes, copy, isDirectory: false)))
        written[target] = now
    }

    private func changed(_ attributes: Attributes, _ copy: CopyAction, isDirectory: Bool) -> Attributes {
        var result = attributes
        (result.uid, result.gid) = (0, 0)
        if let mode = copy.mode { result.mode = mode.applied(to: attributes.mode, isDirectory: isDirectory) }
        if let owner = copy.owner { result.uid = UInt32(owner.text) ?? 0 }
        return result
    }
}
