internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Trees

/// Where the bytes of a plain tar go.
protocol PlainSink {
    /// Room for bytes, never empty.
    func room() throws -> UnsafeMutableRawBufferPointer
    /// So many bytes were put into the room.
    func wrote(_ count: Int)
    /// A file has ended.
    func fileEnded() throws
    /// Gives on what is still held.
    func flush() throws
}

extension MemberStream: PlainSink {
    func flush() {}
}

/// Plain bytes on their way to a sink, in pieces of 256 KiB.
final class PlainOutput: PlainSink {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BufferPool.size, alignment: 4096)
    private var count = 0
    private let sink: (UnsafeRawBufferPointer) throws -> Void

    init(sink: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.sink = sink }

    deinit { buffer.deallocate() }

    func room() throws -> UnsafeMutableRawBufferPointer {
        if count == buffer.count { try flush() }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
    }

    func wrote(_ count: Int) { self.count += count }

    func fileEnded() {}

    func flush() throws {
        if count > 0 { try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        count = 0
    }
}

/// Turns the entries of a delta into a tar, and hashes it.
struct TarStream<Output: PlainSink> {
    private let output: Output
    private var hasher = ContentHasher()
    private var size: Int64 = 0
    private let latestTime: Int64?
    private let verifiesContent: Bool

    /// `latestTime`: later times are written as this one.
    ///
    /// `verifiesContent`: whether each file is compared with the hash that the delta says.
    init(output: Output, latestTime: Int64? = nil, verifiesContent: Bool = false) {
        self.output = output
        self.latestTime = latestTime
        self.verifiesContent = verifiesContent
    }

    /// Writes one entry of a delta.
    ///
    /// `open`: called for a regular file that is no link to an earlier one.
    mutating func append(_ entry: Delta.Entry, open: (TreePath) throws -> Linux.Descriptor) throws {
        let path = entry.path
        if path.components.last(where: OverlayMark.isReserved) != nil { throw LayersError.whiteoutName(path) }
        switch entry.change {
        case .whiteout:
            guard let name = path.last else { return }
            try write(TarHeader(.file, path.parent.appending(".wh." + name).bytes).encoded)
        case .directory(let attributes, let modified, let isOpaque):
            var header = TarHeader(.directory, path.isRoot ? "./" : path.bytes + "/")
            header.take(attributes, seconds(modified))
            try write(header.encoded)
            if isOpaque { try write(TarHeader(.file, path.appending(".wh..wh..opq").bytes).encoded) }
        case .write(let written, let modified, let linkedTo):
            var header = TarHeader(.file, path.bytes)
            header.take(written.attributes, seconds(modified))
            if let linkedTo {
                header.kind = .hardLink
                header.linkName = linkedTo.bytes
                // Readers take the attributes of a hard link from its first name.
                header.xattrs = []
                return try write(header.encoded)
            }
            header.take(written.node)
            try write(header.encoded)
            if case .file(let hash, let size) = written.node, size > 0 {
                try copy(path, size: size, hash: hash, from: try open(path))
            }
        }
        try output.fileEnded()
    }

    private func seconds(_ time: FileTime) -> Int64 { min(time.seconds, latestTime ?? .max) }

    /// Ends the tar.
    ///
    /// - Returns: the diff id and the size of the plain tar.
    mutating func finish() throws -> (ContentHash, Int64) {
        try write(TarHeader.end)
        try output.flush()
        return (hasher.finalize(), size)
    }

    private mutating func copy(
        _ path: TreePath,
        size: UInt64,
        hash: ContentHash,
        from file: Linux.Descriptor
    ) throws {
        let status = try at(path) { () throws(SystemError) in try file.status() }
        guard status.kind == .file, status.size == size else { throw LayersError.sizeChanged(path, expected: size) }
        var rest = size
        var content = ContentHasher()
        while rest > 0 {
            let room = try output.room()
            let part = UnsafeMutableRawBufferPointer(rebasing: room[..<Int(min(UInt64(room.count), rest))])
            let count = try at(path) { () throws(SystemError) in try file.read(into: part) }
            guard count > 0 else { throw LayersError.sizeChanged(path, expected: size) }
            hasher.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
            if verifiesContent { content.update(UnsafeRawBufferPointer(rebasing: part[..<count])) }
            output.wrote(count)
            rest -= UInt64(count)
            self.size += Int64(count)
        }
        if verifiesContent, content.finalize() != hash { throw LayersError.changedWhileRead(path.bytes) }
        let padding = TarHeader.padding(after: size)
        if padding > 0 { try write([UInt8](repeating: 0, count: padding)) }
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        hasher.update(bytes)
        size += Int64(bytes.count)
        var offset = 0
        while offset < bytes.count {
            let room = try output.room()
            let count = min(room.count, bytes.count - offset)
            bytes.withUnsafeBytes {
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            output.wrote(count)
            offset += count
        }
    }
}

extension TarHeader {
    fileprivate mutating func take(_ attributes: Attributes, _ modified: Int64) {
        mode = attributes.mode
        uid = attributes.uid
        gid = attributes.gid
        xattrs = attributes.xattrs
        self.modified = modified
    }

    fileprivate mutating func take(_ node: TreeEntry.Node) {
        switch node {
        case .file(_, let size): self.size = size
        case .symlink(let target):
            kind = .symlink
            linkName = target
        case .characterDevice(let number):
            kind = .characterDevice
            (deviceMajor, deviceMinor) = (DeviceNumber(number).major, DeviceNumber(number).minor)
        case .blockDevice(let number):
            kind = .blockDevice
            (deviceMajor, deviceMinor) = (DeviceNumber(number).major, DeviceNumber(number).minor)
        case .fifo: kind = .fifo
        // No delta writes these: directories have an entry of their own, sockets are left out of deltas.
        case .directory, .socket: kind = .fifo
        }
    }
}
