internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Testing

@Suite("Content")
struct ContentStoreTests {
    let root: TemporaryRoot
    let state: StateRoot
    let bytes = Array("some content".utf8)
    var digest: Digest { Digest(of: bytes) }
    var file: ByteString { "content/sha256/" + ByteString(digest.hex) }

    init() throws {
        root = try TemporaryRoot()
        state = try root.open(boot: 1)
    }

    @Test("is named by its digest when it is committed, and not before")
    func commits() throws {
        var blob = try state.content.ingest()
        try blob.write(Array(bytes.prefix(4)))
        try Array(bytes.dropFirst(4)).withUnsafeBytes { try blob.write($0) }
        #expect(try root.names("content/sha256").isEmpty)
        let descriptor = try blob.commit(expected: digest, size: Int64(bytes.count), mediaType: .ociLayerGzip)
        #expect(descriptor == OCI.Descriptor(mediaType: .ociLayerGzip, digest: digest, size: Int64(bytes.count)))
        #expect(try root.read(file) == bytes)
        #expect(try root.directory.openBeneath(file, flags: O_RDONLY).status().mode == 0o444)
        #expect(try state.content.open(digest)?.readAll(limit: 100) == bytes)
        #expect(try state.content.read(digest) == bytes)
        #expect(try state.content.size(digest) == Int64(bytes.count))
    }

    @Test("of SHA-512 is kept beside it")
    func keepsOtherAlgorithm() throws {
        var blob = try state.content.ingest(.sha512)
        try blob.write(bytes)
        let expected = Digest(of: bytes, algorithm: .sha512)
        _ = try blob.commit(expected: expected)
        #expect(try state.content.read(expected) == bytes)
        #expect(try root.names("content/sha512") == [ByteString(expected.hex)])
    }

    @Test("that is not what was expected leaves nothing")
    func refusesWrongDigest() throws {
        let other = Digest(of: Array("other".utf8))
        let error = StoreError.thrown {
            var blob = try state.content.ingest()
            try blob.write(bytes)
            _ = try blob.commit(expected: other)
        }
        #expect(error == .wrongDigest(expected: other, found: digest))
        let sizeError = StoreError.thrown {
            var blob = try state.content.ingest()
            try blob.write(bytes)
            _ = try blob.commit(expected: digest, size: 3)
        }
        #expect(sizeError == .wrongSize(digest, expected: 3, found: 12))
        #expect(try root.names("content/sha256").isEmpty)
        #expect(try root.names("content") == ["sha256"])
        #expect(try !state.content.contains(digest))
        #expect(try !state.content.contains(other))
    }

    @Test("that a writer hashed by itself is taken by its digest, if the size is right")
    func adopts() throws {
        let blob = try state.content.ingest()
        try blob.descriptor.write(bytes)
        _ = try blob.commit(hashedAs: digest, size: Int64(bytes.count))
        #expect(try state.content.read(digest) == bytes)
        let error = StoreError.thrown {
            let short = try state.content.ingest()
            try short.descriptor.write([1])
            _ = try short.commit(hashedAs: Digest(of: [9]), size: 5)
        }
        #expect(error == .wrongSize(Digest(of: [9]), expected: 5, found: 1))
    }

    @Test("that is there already is taken as it is")
    func commitsTwice() throws {
        let first = try state.content.store(bytes, mediaType: .json)
        let inode = try root.directory.openBeneath(file, flags: O_RDONLY).status().inode
        #expect(try state.content.store(bytes, mediaType: .json) == first)
        #expect(try root.directory.openBeneath(file, flags: O_RDONLY).status().inode == inode)
        #expect(try root.names("content") == ["sha256"])
    }

    @Test("without a row is read once, and dropped where it is damaged", arguments: [true, false])
    func verifiesUnknown(_ isDamaged: Bool) throws {
        try root.overwrite(file, with: isDamaged ? Array("sOme content".utf8) : bytes)
        #expect(try state.content.contains(digest) == !isDamaged)
        #expect(try root.names("content/sha256").isEmpty == isDamaged)
        try state.flush()
        #expect(try root.open(boot: 1).content.contains(digest) == !isDamaged)
    }

    @Test("that lost bytes with power is found by its row of an earlier start, and replaced when it is stored again")
    func distrustsEarlierStart() throws {
        _ = try state.content.store(bytes, mediaType: .json)
        try state.flush()
        try root.directory.directoryBeneath("content/sha256").setMode(ByteString(digest.hex), mode: 0o600)
        try root.overwrite(file, with: [UInt8](repeating: 0, count: bytes.count))
        // The same start trusts its rows and does not read: what a power loss does cannot have happened.
        #expect(try root.open(boot: 1).content.contains(digest))
        let later = try root.open(boot: 2)
        _ = try later.content.store(bytes, mediaType: .json)
        #expect(try root.read(file) == bytes)
        #expect(try root.open(boot: 2).content.read(digest) == bytes)
    }

    @Test("that was stored again after its file was gone is not taken for the one that was synced")
    func distrustsNewFile() throws {
        _ = try state.content.store(bytes, mediaType: .json)
        try state.flush()
        try state.syncEarlierRows()
        let blobs = try root.directory.directoryBeneath("content/sha256")
        try blobs.removeFile(ByteString(digest.hex))
        _ = try state.content.store(bytes, mediaType: .json)
        try state.flush()
        try blobs.removeFile(ByteString(digest.hex))
        try root.overwrite(file, with: [UInt8](repeating: 0, count: bytes.count))
        #expect(try !root.open(boot: 2).content.contains(digest))
    }

    @Test("of another size than its row is read, and dropped")
    func comparesSize() throws {
        _ = try state.content.store(bytes, mediaType: .json)
        try state.flush()
        try root.directory.directoryBeneath("content/sha256").removeFile(ByteString(digest.hex))
        try root.overwrite(file, with: Array("some".utf8))
        #expect(try root.open(boot: 1).content.open(digest) == nil)
        #expect(try root.names("content/sha256").isEmpty)
    }

    @Test("that changed by a byte is found when it is read or verified", arguments: [true, false])
    func findsChange(_ byReading: Bool) throws {
        _ = try state.content.store(bytes, mediaType: .json)
        try root.directory.directoryBeneath("content/sha256").removeFile(ByteString(digest.hex))
        try root.overwrite(file, with: Array("some cOntent".utf8))
        if byReading {
            #expect(try state.content.read(digest) == nil)
        } else {
            #expect(try !state.content.verify(digest))
        }
        #expect(try !state.content.contains(digest))
        #expect(try root.names("trash").count == 1)
    }

    @Test("that is a directory or a link is none", arguments: [true, false])
    func refusesOtherKinds(_ isLink: Bool) throws {
        let blobs = try root.directory.directoryBeneath("content/sha256")
        if isLink {
            try blobs.makeSymlink(ByteString(digest.hex), target: "/etc/passwd")
        } else {
            try blobs.makeDirectory(ByteString(digest.hex), mode: 0o755)
        }
        #expect(try !state.content.contains(digest))
        _ = try state.content.store(bytes, mediaType: .json)
        #expect(try root.read(file) == bytes)
    }

    @Test("over the limit of its reader is refused")
    func limitsReading() throws {
        _ = try state.content.store(bytes, mediaType: .json)
        let error = StoreError.thrown { _ = try state.content.read(digest, limit: 11) }
        #expect(error == .tooLarge(digest, size: 12, limit: 11))
        #expect(try state.content.read(digest, limit: 12) == bytes)
    }

    @Test("that was begun by name and left is swept, and none that is being written")
    func sweepsLeftovers() throws {
        try root.overwrite("content/new-00000000000000000000000000000000", with: [1])
        let blob = try state.content.ingest()
        #expect(try state.sweep() == 1)
        #expect(try root.names("content") == ["sha256"])
        _ = try blob.commit()
    }
}
