import BuildEngine
import Bytes
import Glibc
import OCI
import Testing

/// A context, a state root and a place for outputs, for one test; all goes away with it.
final class Project: Sendable {
    let path: String

    var context: String { path + "/context" }
    var state: String { path + "/state" }
    var layout: String { path + "/layout" }
    var tar: String { path + "/out.tar" }

    init() throws {
        var template = Array("/tmp/engine-tests-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try #require(mkdir(context, 0o755) == 0)
    }

    deinit {
        var pid: pid_t = 0
        var arguments = ["rm", "-rf", path].map { (text: String) in strdup(text) } + [nil]
        defer { for argument in arguments { free(argument) } }
        if posix_spawnp(&pid, "rm", nil, nil, &arguments, nil) == 0 { waitpid(pid, nil, 0) }
    }

    func write(_ name: String, _ text: String, in folder: String? = nil) throws {
        let file = try #require(fopen((folder ?? context) + "/" + name, "w"))
        defer { fclose(file) }
        try #require(fwrite(text, 1, text.utf8.count, file) == text.utf8.count)
    }

    func read(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"), "\(path)")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 22)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

    func engine() throws -> Engine {
        try Engine(stateRoot: ByteString(state), options: .init(environment: ["SWIFT_BUILD_IMAGE_CHECK": "trees"]))
    }

    /// A request for what a Dockerfile says, with outputs.
    func request(_ dockerfile: String?, _ outputs: BuildRequest.Output...) throws -> BuildRequest {
        if let dockerfile { try write("Dockerfile", dockerfile) }
        var request = BuildRequest(context: ByteString(context))
        request.outputs = outputs
        return request
    }

    func folderOutput(_ compression: BuildRequest.Compression = .gzip) -> BuildRequest.Output {
        .layout(.init(destination: ByteString(layout), isTar: false, settings: .init(compression: compression)))
    }

    var tarOutput: BuildRequest.Output { .layout(.init(destination: ByteString(tar))) }

    /// The bytes of a blob of the layout that was written.
    func blob(_ digest: Digest) throws -> [UInt8] { try read("\(layout)/blobs/sha256/\(digest.hex)") }

    func config(_ result: BuildResult) throws -> ImageConfig {
        try Document<ImageConfig>(bytes: blob(try #require(result.configDigest))).content
    }

    func manifest(_ result: BuildResult) throws -> Manifest {
        try Document<Manifest>(bytes: blob(try #require(result.manifest).digest)).content
    }
}

/// The failure of a build; nil if it did not fail.
func failure(of body: () async throws -> Void) async -> BuildFailure? {
    do { try await body() } catch {
        if !(error is BuildFailure) { Issue.record("\(error)") }
        return error as? BuildFailure
    }
    return nil
}

/// Whether files can be built into layers here; the reason is printed where they cannot.
let isRoot: Bool = {
    if geteuid() == 0 { return true }
    print("not root: tests that build images are skipped")
    return false
}()
