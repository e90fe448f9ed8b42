internal import Bytes
internal import Glibc
internal import Linux
internal import Store
internal import Testing

@Suite("Cache mounts")
struct CacheMountTests {
    let root: TemporaryRoot

    init() throws { root = try TemporaryRoot() }

    private func touch(_ name: ByteString, in directory: Directory) throws {
        _ = try directory.open(name, flags: O_WRONLY | O_CREAT, mode: 0o644)
    }

    @Test(
        "have a directory for each id, whatever it is",
        arguments: ["../../x", "", "a/b", "id"] as [ByteString]
    )
    func isMade(_ id: ByteString) throws {
        let state = try root.open()
        do {
            let cache = try state.cacheMount(id: id)
            try touch("kept", in: cache.directory)
        }
        #expect(try state.cacheMount(id: id).directory.names() == ["kept"])
        #expect(try root.names("cache-mounts").map(\.count) == [64])
        #expect(try Directory.open(hostPath: root.folder).names() == ["root"])
    }

    @Test("are filled once, and not seen by anyone before")
    func isFilledOnce() throws {
        let state = try root.open()
        var fills = 0
        for _ in 0..<2 {
            let cache = try state.cacheMount(id: "a") { directory in
                fills += 1
                try touch("seed", in: directory)
            }
            #expect(try cache.directory.names() == ["seed"])
        }
        #expect(fills == 1)
        struct Interruption: Error {}
        #expect(throws: Interruption.self) {
            _ = try state.cacheMount(id: "b") { directory in
                try touch("half", in: directory)
                throw Interruption()
            }
        }
        #expect(try state.cacheMount(id: "b").directory.names() == [])
    }

    @Test("that are private are others while they are used")
    func isPrivate() throws {
        let state = try root.open()
        let first = try state.cacheMount(id: "a", sharing: .private)
        try touch("first", in: first.directory)
        do {
            let second = try state.cacheMount(id: "a", sharing: .private)
            #expect(try second.directory.names() == [])
            try touch("second", in: second.directory)
        }
        // The one that is free again is taken before a new one.
        #expect(try state.cacheMount(id: "a", sharing: .private).directory.names() == ["second"])
        #expect(try first.directory.names() == ["first"])
    }

    @Test("that are shared are one, that are locked wait for all others")
    func sharing() throws {
        let state = try root.open()
        let first = try state.cacheMount(id: "a")
        try touch("first", in: first.directory)
        do {
            let second = try state.cacheMount(id: "a")
            #expect(try second.directory.names() == ["first"])
        }
        var asked = 0
        #expect(throws: CancellationError.self) {
            _ = try state.cacheMount(
                id: "a",
                sharing: .locked,
                isCancelled: {
                    asked += 1
                    return asked == 3
                }
            )
        }
        #expect(asked == 3)
        withExtendedLifetime(first.directory) {}
    }

    @Test("that are locked are free when their user has ended")
    func isFreed() throws {
        let state = try root.open()
        for _ in 0..<2 {
            let cache = try state.cacheMount(id: "a", sharing: .locked, isCancelled: { true })
            #expect(try cache.directory.names() == [])
        }
    }
}
