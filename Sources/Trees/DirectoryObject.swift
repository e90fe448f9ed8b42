package import Bytes
package import OCI

/// The names in one directory with what each is: immutable and known by the hash of its encoding.
package struct DirectoryObject: Hashable, Sendable {
    package struct Child: Hashable, Sendable {
        package var name: ByteString
        package var entry: TreeEntry

        package init(name: ByteString, entry: TreeEntry) {
            self.name = name
            self.entry = entry
        }
    }

    /// Sorted by name, each name once.
    package var children: [Child]

    /// Files that are hard links of each other, each set listed in the lowest directory that holds all its members: for
    /// every child that holds a member, the path of that child's first one, relative to this directory (`a`, `d/x`).
    ///
    /// Paths and sets are sorted, so equal trees have equal lists.
    package var linkSets: [[ByteString]]

    package init(children: [Child] = [], linkSets: [[ByteString]] = []) {
        self.children = children
        self.linkSets = linkSets
    }

    package static let empty = DirectoryObject()

    /// The entry of that name.
    ///
    /// A binary search.
    package subscript(name: ByteString) -> TreeEntry? {
        var low = 0
        var high = children.count
        while low < high {
            let middle = (low + high) / 2
            if children[middle].name < name { low = middle + 1 } else { high = middle }
        }
        guard low < children.count, children[low].name == name else { return nil }
        return children[low].entry
    }
}

/// A directory object whose stored bytes are not one.
package struct MalformedDirectoryObject: Error, Sendable {
    package let reason: String
}

// The encoding, version 1. Every field has a length or a fixed size before it, so no name can pass for another field.
extension DirectoryObject {
    static let domain = "tree.directory.1"

    package var encoded: [UInt8] {
        var encoder = CanonicalEncoder(domain: DirectoryObject.domain)
        encoder.append(UInt64(children.count))
        for child in children {
            encoder.append(child.name)
            child.entry.encode(into: &encoder)
        }
        encoder.append(UInt64(linkSets.count))
        for set in linkSets { encoder.append(set) }
        return encoder.bytes
    }

    package var hash: ContentHash { ContentHash(of: encoded) }

    /// Reads what ``encoded`` wrote.
    package init(encoded bytes: [UInt8]) throws(MalformedDirectoryObject) {
        var decoder = CanonicalDecoder(bytes)
        guard try decoder.text() == ByteString(DirectoryObject.domain) else {
            throw MalformedDirectoryObject(reason: "not a directory object of version 1")
        }
        children = []
        let count = try decoder.count(atLeast: 20)
        children.reserveCapacity(count)
        for _ in 0..<count {
            let name = try decoder.text()
            guard DirectoryObject.isName(name), children.last.map({ $0.name < name }) ?? true else {
                throw MalformedDirectoryObject(reason: "names that are no names, or not in order")
            }
            children.append(Child(name: name, entry: try TreeEntry(from: &decoder)))
        }
        linkSets = []
        for _ in 0..<(try decoder.count(atLeast: 8)) {
            let set = try decoder.texts()
            let isNext = linkSets.last.map { $0.lexicographicallyPrecedes(set) } ?? true
            guard isNext, set.count > 1, zip(set, set.dropFirst()).allSatisfy(<) else {
                throw MalformedDirectoryObject(reason: "link sets that are no sets, or not in order")
            }
            linkSets.append(set)
        }
        guard decoder.isAtEnd else { throw MalformedDirectoryObject(reason: "bytes after the end") }
    }

    /// Whether a directory can hold the name.
    ///
    /// A stored object that says otherwise would lead a path astray.
    private static func isName(_ name: ByteString) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.bytes.contains { $0 == 0 || $0 == 0x2F }
    }
}

extension Attributes {
    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(UInt64(mode))
        encoder.append(UInt64(uid) << 32 | UInt64(gid))
        encoder.append(UInt64(xattrs.count))
        for xattr in xattrs {
            encoder.append(xattr.name)
            encoder.append(xattr.value)
        }
    }

    init(from decoder: inout CanonicalDecoder) throws(MalformedDirectoryObject) {
        let bits = try decoder.number()
        guard bits <= 0o7777 else { throw MalformedDirectoryObject(reason: "a mode above 07777") }
        mode = UInt16(bits)
        let owner = try decoder.number()
        uid = UInt32(truncatingIfNeeded: owner >> 32)
        gid = UInt32(truncatingIfNeeded: owner)
        xattrs = []
        for _ in 0..<(try decoder.count(atLeast: 16)) {
            let name = try decoder.text()
            xattrs.append(Xattr(name: name, value: try decoder.text()))
        }
    }
}

extension TreeEntry {
    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(kind.rawValue)
        attributes.encode(into: &encoder)
        switch node {
        case .file(let hash, let size):
            encoder.append(size)
            encoder.append(hash)
        case .directory(let hash): encoder.append(hash)
        case .symlink(let target): encoder.append(target)
        case .characterDevice(let number), .blockDevice(let number): encoder.append(number)
        case .fifo, .socket: break
        }
    }

    init(from decoder: inout CanonicalDecoder) throws(MalformedDirectoryObject) {
        guard let kind = FileKind(rawValue: try decoder.byte()) else {
            throw MalformedDirectoryObject(reason: "unknown kind of entry")
        }
        attributes = try Attributes(from: &decoder)
        switch kind {
        case .file:
            let size = try decoder.number()
            node = .file(try decoder.hash(), size: size)
        case .directory: node = .directory(try decoder.hash())
        case .symlink: node = .symlink(try decoder.text())
        case .characterDevice: node = .characterDevice(try decoder.number())
        case .blockDevice: node = .blockDevice(try decoder.number())
        case .fifo: node = .fifo
        case .socket: node = .socket
        }
    }
}

/// Reads what `CanonicalEncoder` wrote; every length is checked against what is left before anything is made of it.
struct CanonicalDecoder {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(MalformedDirectoryObject) -> UInt8 {
        guard position < bytes.count else { throw MalformedDirectoryObject(reason: "cut short") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() throws(MalformedDirectoryObject) -> UInt64 {
        guard bytes.count - position >= 8 else { throw MalformedDirectoryObject(reason: "cut short") }
        var value: UInt64 = 0
        for byte in bytes[position..<position + 8] { value = value << 8 | UInt64(byte) }
        position += 8
        return value
    }

    /// How many items follow, each of at least `size` bytes.
    mutating func count(atLeast size: Int) throws(MalformedDirectoryObject) -> Int {
        let value = try number()
        guard value <= UInt64((bytes.count - position) / size) else {
            throw MalformedDirectoryObject(reason: "cut short")
        }
        return Int(value)
    }

    mutating func text() throws(MalformedDirectoryObject) -> ByteString {
        let length = try count(atLeast: 1)
        defer { position += length }
        return ByteString(Array(bytes[position..<position + length]))
    }

    mutating func texts() throws(MalformedDirectoryObject) -> [ByteString] {
        var result: [ByteString] = []
        for _ in 0..<(try count(atLeast: 8)) { result.append(try text()) }
        return result
    }

    mutating func hash() throws(MalformedDirectoryObject) -> ContentHash {
        guard bytes.count - position >= 32, let hash = ContentHash(bytes[position..<position + 32]) else {
            throw MalformedDirectoryObject(reason: "cut short")
        }
        position += 32
        return hash
    }
}
