internal import Bytes
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Testing

@Suite("A damaged index")
struct DamagedIndexTests {
    let root: TemporaryRoot

    init() throws { root = try TemporaryRoot() }

    enum Damage: CaseIterable {
        case garbage, empty, cut, otherDatabase, garbageOfOnePage

        func apply(to bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .garbage: Array("this is no database at all".utf8)
            case .empty: []
            case .cut: Array(bytes.prefix(bytes.count / 2))
            case .otherDatabase: bytes.enumerated().map { (68...71).contains($0.offset) ? 0 : $0.element }
            case .garbageOfOnePage: Array(bytes.prefix(24)) + [UInt8](repeating: 0xA5, count: bytes.count - 24)
            }
        }
    }

    @Test("is put aside with a note, and a new one is begun", arguments: Damage.allCases)
    func isPutAside(_ damage: Damage) throws {
        _ = try root.open()
        let bytes = try root.read("index.sqlite")
        try root.overwrite("index.sqlite", with: damage.apply(to: bytes))

        let state = try root.open()
        #expect(state.notes.count == 1)
        #expect(state.notes.first?.contains("index.sqlite.corrupt-") == true)
        try state.putStep("a")
        let again = try root.open()
        #expect(again.notes.isEmpty)
        #expect(try again.results.result(contentKey: hash("content of a")) != nil)

        let aside = try #require(
            try root.names(".").first { $0.hasPrefix("index.sqlite.corrupt-") && !$0.hasSuffix("-wal") }
        )
        #expect(try root.read(aside) == damage.apply(to: bytes))
    }

    @Test("that is met while it is used is told of, and put aside by the next opening")
    func isFoundInUse() throws {
        let before = try root.open()
        let tables = try root.read("index.sqlite").count
        for name in "abcdefghijklmnopqrstuvwxyz0123456789" { try before.putStep("\(name)") }
        try before.finish()
        // All pages but those that tell of the tables, which opening reads; the log was large, and is empty now.
        let bytes = try root.read("index.sqlite")
        try root.overwrite(
            "index.sqlite",
            with: Array(bytes.prefix(tables)) + [UInt8](repeating: 0xA5, count: bytes.count - tables)
        )

        let user = try root.open()
        let error = StoreError.thrown { _ = try user.results.result(contentKey: hash("content of a")) }
        guard case .indexDamaged? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.remedy?.contains("build again") == true)

        let after = try root.open()
        #expect(after.notes.count == 1)
        #expect(try after.results.result(contentKey: hash("content of a")) == nil)
        #expect(try !root.names(".").contains("index.suspect"))
    }

    @Test("that turns out to be sound is kept")
    func isKeptIfSound() throws {
        try root.open().putStep("a")
        try root.overwrite("index.suspect", with: [])
        let state = try root.open()
        #expect(state.notes.isEmpty)
        #expect(try state.results.result(contentKey: hash("content of a")) != nil)
        #expect(try !root.names(".").contains("index.suspect"))
    }

    @Test("with a value in one row that means nothing to this program is as good as without that row")
    func ignoresMalformedRows() throws {
        let state = try root.open()
        let made = NewDelta(snapshot: nil, isEmpty: true, digest: hash("delta"))
        var new = try state.newResult("a", delta: .made(made))
        // More than the log may keep, so that all of it gets into the index.
        new.record = [UInt8](repeating: 0, count: 2 << 20)
        _ = try state.results.put(new)
        try state.finish()
        let bytes = try root.read("index.sqlite")
        let domain = Array("tree.directory.1".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: domain) })
        let file = try root.directory.openBeneath("index.sqlite", flags: O_WRONLY)
        var start = place
        while true {
            #expect(pwrite(file.number, "tree.directory.X", domain.count, start) == domain.count)
            guard let next = bytes.indices[(start + 1)...].first(where: { bytes[$0...].starts(with: domain) }) else {
                break
            }
            start = next
        }
        let after = try root.open()
        #expect(try after.results.result(contentKey: hash("content of a")) == nil)
        #expect(try after.results.hasResult(operation: hash("operation of a")))
        _ = try after.putStep("a")
        #expect(try after.results.result(contentKey: hash("content of a")) != nil)
        #expect(try root.open().notes.isEmpty)
    }

    @Test("that is missing is made anew, and blobs on disk are found again")
    func isMadeAnew() throws {
        let bytes = Array("a manifest".utf8)
        let blob = try root.open().content.store(bytes, mediaType: .ociManifest)
        for name in try root.names(".") where name.hasPrefix("index.sqlite") { try root.directory.removeFile(name) }
        let state = try root.open()
        #expect(state.notes.isEmpty)
        #expect(try state.content.contains(blob.digest))
    }

    @Test("and its log are kept from a new one that a killed process left half-made")
    func ignoresHalfMade() throws {
        _ = try root.open()
        for name in try root.names(".") where name.hasPrefix("index.sqlite") { try root.directory.removeFile(name) }
        try root.overwrite("index.sqlite.tmp", with: [1, 2, 3])
        try root.overwrite("index.sqlite.tmp-journal", with: [4])
        try root.overwrite("index.sqlite-wal", with: [UInt8](repeating: 7, count: 4096))
        let state = try root.open()
        try state.putStep("a")
        #expect(try root.open().results.result(contentKey: hash("content of a")) != nil)
        #expect(try !root.names(".").contains("index.sqlite.tmp"))
    }
}
