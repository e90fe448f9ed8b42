internal import Bytes
internal import Contexts
internal import Dockerfile
internal import Execution
internal import Glibc
internal import Linux
internal import OCI
internal import Store
internal import Trees

/// The folders and files that a request names, opened: the context, the Dockerfile, the ignore file.
struct InputFiles {
    let dockerfile: SourceText
    private let request: BuildRequest
    private let context: Directory
    private let ignoreFile: IgnoreFile?

    /// What a Dockerfile may have; the parser's own limit is lower.
    private static let dockerfileLimit = 64 << 20

    init(_ request: BuildRequest) throws {
        self.request = request
        context = try LocalContext.open(request.context)
        switch request.dockerfile {
        case .standardInput:
            dockerfile = try InputFiles.standardInput()
            ignoreFile = try IgnoreFile.find(context: context)
        case .file(let path):
            let (folder, name) = InputFiles.split(path)
            let opened: Directory
            do { opened = try Directory.open(hostPath: folder) } catch { throw InputFiles.missing(path, error) }
            dockerfile = try InputFiles.read(name, in: opened, shownAs: path)
            ignoreFile = try IgnoreFile.find(context: context, dockerfile: (opened, name))
        case nil:
            if try context.statusIfPresent("Dockerfile")?.kind == .fifo { throw InputFiles.isPipe }
            dockerfile = try InputFiles.read("Dockerfile", in: context, shownAs: "Dockerfile")
            ignoreFile = try IgnoreFile.find(context: context, dockerfile: (context, "Dockerfile"))
        }
    }

    /// What the context's ignore file says; nil if there is none.
    var ignoreRules: IgnoreRules? { ignoreFile?.rules }

    /// A Dockerfile without a context.
    static func dockerfile(at location: BuildRequest.DockerfileLocation) throws -> SourceText {
        guard case .file(let path) = location else { return try standardInput() }
        let (folder, name) = split(path)
        let opened: Directory
        do { opened = try Directory.open(hostPath: folder) } catch { throw missing(path, error) }
        return try read(name, in: opened, shownAs: path)
    }

    private static func standardInput() throws -> SourceText {
        let bytes = try Descriptor.standardInput().readAll(limit: dockerfileLimit)
        return SourceText(name: "Dockerfile", content: ByteString(bytes))
    }

    private static func read(_ name: ByteString, in folder: Directory, shownAs path: ByteString) throws -> SourceText {
        do {
            // The user's own word: a link is followed wherever it leads, as docker does.
            let file = try folder.openFollowing(name)
            guard try file.status().kind != .directory else {
                throw SystemError(code: EISDIR, call: "open", path: path)
            }
            return SourceText(name: path.escaped, content: ByteString(try file.readAll(limit: dockerfileLimit)))
        } catch let error as SystemError { throw missing(path, error) }
    }

    /// A pipe that the user names with -f is read; one that merely lies in the context would be waited for.
    private static let isPipe = BuildFailure(
        message: "failed to read dockerfile: Dockerfile is a named pipe",
        remedy: "put a file in its place, or name the pipe with -f if it is meant",
        exitCode: 4
    )

    private static func missing(_ path: ByteString, _ error: SystemError) -> BuildFailure {
        if error.isNotFound {
            return BuildFailure(
                message: "failed to read dockerfile: open \(path.escaped): no such file or directory",
                remedy: "name it with -f, or give the folder that holds it",
                exitCode: 4
            )
        }
        return BuildFailure(
            message: "failed to read dockerfile: \(path.escaped): \(error.reason)",
            remedy: error.remedy,
            exitCode: 4
        )
    }

    /// Everything that the build reads from outside.
    func inputs(store: StateRoot, images: BaseImages, files: RemoteFiles) throws -> BuildInputs {
        let main = LocalContext(
            path: request.context,
            root: context,
            rules: try ignoreFile?.rules ?? IgnoreRules(),
            indexFolder: store.contexts
        )
        try checkNames(Array(request.namedContexts.keys))
        var named: [ByteString: BuildInputs.Named] = [:]
        for (name, value) in request.namedContexts {
            switch value {
            case .folder(let path):
                let root = try LocalContext.open(path)
                let rules = try IgnoreFile.find(context: root)?.rules ?? IgnoreRules()
                named[name] = .folder(LocalContext(path: path, root: root, rules: rules, indexFolder: store.contexts))
            case .layout(let folder, let tag, let digest):
                named[name] = .layout(try LayoutContext(path: folder), tag: tag, digest: digest)
            case .image(let reference): named[name] = .image(reference)
            }
        }
        return BuildInputs(context: main, named: named, store: store, images: images, files: files)
    }

    /// Two names of one image, such as `alpine` and `docker.io/library/alpine`, would leave open which is meant.
    private func checkNames(_ names: [ByteString]) throws {
        var known: [Reference: ByteString] = [:]
        for name in names.sorted() {
            guard let reference = try? Reference(name) else { continue }
            if let other = known.updateValue(name, forKey: reference) {
                throw BuildFailure(
                    message: "two build contexts for one name: \(other.escaped) and \(name.escaped)",
                    remedy: "give one of them",
                    exitCode: 2
                )
            }
        }
    }

    private static func split(_ path: ByteString) -> (folder: ByteString, name: ByteString) {
        guard let slash = path.bytes.lastIndex(of: 0x2F) else { return (".", path) }
        let folder = slash == 0 ? ByteString("/") : ByteString(Array(path.bytes[..<slash]))
        return (folder, ByteString(Array(path.bytes[(slash + 1)...])))
    }
}
