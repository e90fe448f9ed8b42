import Bytes
import Layers
import Linux
import OCI
import Testing
import Trees

/// Deltas that are only packed, and what they become when they are needed.
@Suite("A layer that is unpacked by its listing", .enabled(if: isRoot, "writes owners"))
struct LayerRestoreTests {
    let scratch: Scratch
    private let rootAttributes = Attributes(mode: 0o750, uid: 3, gid: 4)
    private let rootTime = FileTime(seconds: 1_234_567_890, nanoseconds: 987_654_321)

    init() throws { scratch = try Scratch() }

    /// A delta in an upper directory, its tar, and its listing.
    private func sample() throws -> (listing: UpperListing, tar: Linux.Descriptor, layer: PackedLayer) {
        let upper = try scratch.folder("upper")
        let writer = try UpperWriter(upper: upper, below: .nothing)
        try writer.directory("d", Attributes(mode: 0o1777, uid: 1, gid: 2), modified: time)
        try writer.file("d/f", Attributes(mode: 0o4755, uid: 5, gid: 6), modified: time, bytes: [1, 2, 3])
        try writer.hardLink("g", to: "d/f")
        try writer.symlink("l", target: "d/f", Attributes(mode: 0o777, uid: 9), modified: time)
        try writer.node("p", .fifo, Attributes(mode: 0o600), modified: time)
        let delta = try writer.finish()
        var bytes: [UInt8] = []
        let layer = try LayerWriter(upper: upper, delta: delta).pack { bytes += $0 }
        let listing = UpperListing(delta: delta, rootAttributes: rootAttributes, rootModified: rootTime)
        return (listing, try scratch.file("tar", bytes), layer)
    }

    @Test("is what it was, times to the nanosecond, and so is a listing that was written down")
    func exact() throws {
        let (listing, tar, layer) = try sample()
        let read = try UpperListing(encoded: listing.encoded)
        #expect(read.delta.entries == listing.delta.entries)
        #expect(read.rootAttributes == rootAttributes && read.rootModified == rootTime)
        let target = try scratch.folder("target")
        try LayerRestore(upper: target, listing: read).run(tar, expecting: ExpectedLayer(diffID: layer.diffID))
        let root = try target.status()
        #expect((root.mode, root.uid, root.gid) == (0o750, 3, 4) && root.modified == rootTime)
        let list = "find . -mindepth 1 -printf '%P %y %m %U %G %n %s %l %T@\\n' | sort"
        #expect(try scratch.shell("cd target; \(list)") == scratch.shell("cd upper; \(list)"))
    }

    @Test("is refused where the tar is not what the listing says", arguments: [0, 1, 2])
    func refused(_ change: Int) throws {
        var (listing, tar, layer) = try sample()
        switch change {
        case 0: listing.delta.entries.removeLast()
        case 1: listing.delta.entries[0].path = "e"
        default: layer.diffID = Digest(of: [])
        }
        let restore = LayerRestore(upper: try scratch.folder("target"), listing: listing)
        #expect(throws: LayersError.self) { try restore.run(tar, expecting: ExpectedLayer(diffID: layer.diffID)) }
    }

    @Test("bytes that are no listing are refused, cut at any place")
    func cut() throws {
        let bytes = try sample().listing.encoded
        for count in 0..<bytes.count {
            #expect(throws: MalformedDirectoryObject.self) { try UpperListing(encoded: Array(bytes[..<count])) }
        }
    }
}
