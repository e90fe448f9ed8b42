internal import OCI
internal import Store
internal import Testing

@Suite("Downloads in the store")
struct DownloadTableTests {
    let root: TemporaryRoot

    init() throws { root = try TemporaryRoot() }

    @Test("the last answer to a request is known to every process")
    func replaced() throws {
        let (first, second) = (Digest(of: [1]), Digest(of: [2]))
        let state = try root.open()
        try state.downloads.put(.init(digest: first, etag: "1", modified: "a", comparesTime: true), for: hash("r"))
        #expect(
            try root.open().downloads.find(hash("r"))
                == .init(digest: first, etag: "1", modified: "a", comparesTime: true)
        )
        try state.downloads.put(.init(digest: second, etag: nil, modified: nil, comparesTime: false), for: hash("r"))
        #expect(try state.downloads.find(hash("r"))?.etag == nil)
        #expect(try state.downloads.find(hash("r"))?.digest == second)
        #expect(try state.downloads.find(hash("other")) == nil)
    }

    @Test("content is found whatever was asked for")
    func byDigest() throws {
        let state = try root.open()
        let blob = Digest(of: [1])
        #expect(try state.downloads.find(blob) == nil)
        try state.downloads.put(.init(digest: blob, etag: nil, modified: "a", comparesTime: false), for: hash("r"))
        #expect(try state.downloads.find(blob)?.modified == "a")
    }
}
