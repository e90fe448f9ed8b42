internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Testing

@Suite("On a full disk")
struct FullDiskTests {
    /// A file system of 2 MiB at the root's place; nil without the right to mount one.
    ///
    /// It comes before the root, so it is gone before it.
    let mount: SmallFileSystem?
    let root: TemporaryRoot

    init() throws {
        root = try TemporaryRoot()
        mount = try SmallFileSystem(at: root.path)
    }

    @Test("storing a result fails with what to do, and keeps what was there")
    func resultFails() throws {
        guard mount != nil else { return }
        let state = try root.open()
        try state.putStep("kept")
        try fill(leaving: 0)
        let error = StoreError.thrown {
            for number in 0..<100 {
                let made = NewDelta(snapshot: nil, isEmpty: true, digest: hash("\(number)"))
                var new = try state.newResult("n\(number)", delta: .made(made))
                new.record = [UInt8](repeating: 1, count: 100_000)
                _ = try state.results.put(new)
            }
        }
        guard case .full(root.path, "storing a result", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isFullDisk == true)
        #expect(error?.remedy?.contains("free some space") == true)
        #expect(try state.results.result(contentKey: hash("content of kept")) != nil)
        #expect(try root.open().results.result(contentKey: hash("content of kept")) != nil)

        try root.directory.removeFile("filler")
        try state.putStep("after")
        #expect(try root.open().results.result(contentKey: hash("content of after")) != nil)
    }

    @Test("writing a blob or a snapshot fails and leaves nothing")
    func filesFail() throws {
        guard mount != nil else { return }
        let state = try root.open()
        let blobError = StoreError.thrown {
            var blob = try state.content.ingest()
            for _ in 0..<400 { try blob.write([UInt8](repeating: 7, count: 10_000)) }
        }
        #expect(blobError?.isFullDisk == true)
        #expect(try root.names("content/sha256").isEmpty)
        try fill(leaving: 0)
        let error = StoreError.thrown { for _ in 0..<100 { try state.snapshots.begin().rollBack() } }
        #expect(error == nil || error?.isFullDisk == true)
        #expect(StoreError.thrown { try state.checkReserve() }?.isFullDisk == true)
        try root.directory.removeFile("filler")
        #expect(try state.makeSnapshot("a") != state.makeSnapshot("b"))
        try state.checkReserve()
    }

    @Test("a root cannot be made, and this is told; it is made when there is room")
    func openingFails() throws {
        guard mount != nil else { return }
        try fill(leaving: 0)
        // The folder must look like a root, or the filler would be a file of others.
        try root.directory.makeDirectory("locks", mode: 0o700)
        let error = StoreError.thrown { _ = try root.open() }
        #expect(error?.isFullDisk == true, "\(String(describing: error))")
        try root.directory.removeFile("filler")
        try root.open().putStep("a")
        #expect(try root.open().results.result(contentKey: hash("content of a")) != nil)
    }

    @Test("a root that cannot be written is refused with what to do")
    func readOnlyIsRefused() throws {
        guard let mount else { return }
        try root.open().putStep("a")
        try mount.makeReadOnly()
        let error = StoreError.thrown { _ = try root.open() }
        guard case .notWritable(root.path, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.code == EROFS)
        #expect(error?.remedy?.contains("SWIFT_BUILD_IMAGE_ROOT") == true)
    }

    private func fill(leaving free: UInt64) throws {
        let file = try root.directory.open("filler", flags: O_WRONLY | O_CREAT, mode: 0o600)
        let page = [UInt8](repeating: 1, count: 4096)
        while try root.directory.space().free > free {
            do throws(SystemError) { try file.write(page) } catch {
                if error.isFullDisk { return } else { throw error }
            }
        }
    }
}

/// A tmpfs of 2 MiB, gone with this value.
final class SmallFileSystem: Sendable {
    private let path: ByteString

    /// - Returns: nil, with a reason printed, where this process may not mount.
    init?(at path: ByteString) throws {
        self.path = path
        guard try path.withCPath({ mkdir($0, 0o700) }) == 0 else { throw SystemError.last("mkdir", path) }
        guard try path.withCPath({ Glibc.mount("tmpfs", $0, "tmpfs", 0, "size=2m,mode=0700") }) == 0 else {
            print("skipped: no right to mount a small file system (errno \(errno))")
            return nil
        }
    }

    func makeReadOnly() throws {
        // A mount with files open for writing does not become read-only, but a second one over it does.
        for flags in [UInt(MS_BIND), UInt(MS_REMOUNT | MS_BIND | MS_RDONLY)] {
            let code = try path.withCPath { Glibc.mount($0, $0, nil, flags, nil) }
            guard code == 0 else { throw SystemError.last("mount", path) }
        }
    }

    deinit {
        // Both mounts, where there are two.
        for _ in 0..<2 { _ = try? path.withCPath { umount2($0, Int32(MNT_DETACH)) } }
    }
}
