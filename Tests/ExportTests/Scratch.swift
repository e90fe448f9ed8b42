import Bytes
import Glibc
import Linux
import OCI
import Store
import Testing
import Trees

@testable import Export

/// A directory of one test that goes away with it.
final class Scratch: Sendable {
    let path: ByteString
    let directory: Directory

    init() throws {
        var template = Array("/tmp/export-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        path = ByteString(template.dropLast().map { UInt8(bitPattern: $0) })
        directory = try Directory.open(hostPath: path)
    }

    deinit {
        guard let parent = try? Directory.open(hostPath: "/tmp") else { return }
        try? parent.removeTree(ByteString(Array(path.bytes.dropFirst("/tmp/".utf8.count))))
    }

    /// The names of all files below a folder, sorted.
    func files(_ folder: ByteString = "") throws -> [ByteString] {
        var result: [ByteString] = []
        let opened = folder.isEmpty ? directory : try directory.directoryBeneath(folder)
        for name in try opened.names() {
            if try opened.status(name).kind == .directory {
                result += try files(folder + "/" + name).map { name + "/" + $0 }
            } else {
                result.append(name)
            }
        }
        return result.sorted()
    }

    func write(_ name: ByteString, _ bytes: [UInt8]) throws {
        try directory.openBeneath(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).write(bytes)
    }

    func read(_ name: ByteString) throws -> [UInt8] {
        try directory.openBeneath(name, flags: O_RDONLY).readAll(limit: 1 << 24)
    }

    /// An open file with these bytes, as a blob is handed over.
    func blob(_ bytes: [UInt8]) throws -> Linux.Descriptor {
        let file = try directory.openNameless(mode: 0o600)
        try file.write(bytes)
        return file
    }
}

extension ReadyLayer {
    /// A layer of some bytes; `actual` are those that are found where it should be.
    init(_ bytes: [UInt8], actual: [UInt8]? = nil, algorithm: Digest.Algorithm = .sha256, in scratch: Scratch) {
        let digest = Digest(of: bytes, algorithm: algorithm)
        self.init(
            descriptor: OCI.Descriptor(mediaType: .ociLayer, digest: digest, size: Int64(bytes.count)),
            diffID: digest,
            open: { try scratch.blob(actual ?? bytes) }
        )
    }
}

/// A moment so many seconds after 1970.
func moment(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) ?? .epoch }

/// An image of these layers, each told by one entry of the history.
func image(_ layers: [ReadyLayer], label: ByteString = "") -> ImageDocuments {
    var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
    config.history = layers.indices.map { HistoryEntry(createdBy: ByteString("layer \($0)")) }
    config.config.labels = ["label": label]
    return ImageDocuments(config: config, layers: layers, layerTimes: layers.map { _ in moment(7) }, epoch: nil)
}

/// The failure of an export; nil if it did not fail.
func failure(of body: () throws -> Void) -> ExportError? {
    do { try body() } catch { return error as? ExportError }
    return nil
}

extension ExportError {
    /// The code of the failed call where there is one.
    var code: CInt? { if case .cannotWrite(_, let error) = self { error.code } else { nil } }
}

/// Whether the tests may make devices; the reason is printed where they may not.
let isRoot: Bool = {
    if geteuid() == 0 { return true }
    print("not root: tests that make devices are skipped")
    return false
}()
