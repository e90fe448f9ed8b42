import Glibc

/// A folder with a build context and a state root, removed at the end.
final class Workspace {
    let path: String
    /// Where the store is; a second workspace's may be named to share it.
    let state: String

    init(state: String? = nil) throws {
        path = try makeTemporaryFolder("e2e")
        self.state = state ?? path + "/state"
        guard mkdir(context, 0o755) == 0 else { throw DriverError(call: "mkdir", context) }
    }

    deinit { try? removeTree(path) }

    var context: String { path + "/context" }

    /// What is in the folder besides context and store, such as outputs.
    var others: [String] { names(in: path).filter { $0 != "context" && $0 != "state" } }

    /// Writes a file of the context, with the folders above it.
    @discardableResult
    func write(_ name: String, _ content: String, mode: mode_t = 0o644) throws -> String {
        let file = context + "/" + name
        try writeFile(file, Array(content.utf8), mode: mode)
        return file
    }

    /// The arguments of a build of the context; where they name no output it is made into the cache alone.
    func arguments(_ flags: [String] = []) -> [String] {
        let output = flags.contains { $0.hasPrefix("--output") || $0 == "-t" } ? [] : ["--output=type=cacheonly"]
        return [Tool.path, "build", "--progress=plain", BaseImage.flag] + flags + output + [context]
    }

    /// The environment of every build: every tree is compared with what was mounted, and SwiftNIO forgives nothing.
    var environment: [String: String] {
        ["SWIFT_BUILD_IMAGE_ROOT": state, "SWIFT_BUILD_IMAGE_CHECK": "trees", "SWIFTNIO_STRICT": "1"]
    }

    /// Starts a build; its log is plain.
    ///
    /// - Parameters:
    ///   - dockerfile: what the Dockerfile shall say from now on.
    ///   - flags: further arguments.
    ///   - more: further environment.
    ///   - seconds: after these it is killed.
    /// - Returns: the program under way.
    /// - Throws: where the Dockerfile cannot be written or the program not be started.
    func start(
        _ dockerfile: String? = nil,
        _ flags: [String] = [],
        environment more: [String: String] = [:],
        within seconds: Int = 60
    ) throws -> Program {
        if let dockerfile { try write("Dockerfile", dockerfile) }
        let environment = environment.merging(more) { $1 }
        return try Program(arguments(flags), environment: environment, within: seconds)
    }

    /// Builds; the outcome may be a failure.
    func tryBuild(
        _ dockerfile: String? = nil,
        _ flags: [String] = [],
        environment more: [String: String] = [:],
        within seconds: Int = 60
    ) throws -> BuildOutcome {
        BuildOutcome(try start(dockerfile, flags, environment: more, within: seconds).finish())
    }

    /// Builds what must not fail.
    @discardableResult
    func build(
        _ dockerfile: String? = nil,
        _ flags: [String] = [],
        environment more: [String: String] = [:],
        within seconds: Int = 60
    ) throws -> BuildOutcome {
        try tryBuild(dockerfile, flags, environment: more, within: seconds).mustSucceed()
    }

    /// Builds into a layout folder and reads the image from it.
    func image(
        _ dockerfile: String? = nil,
        _ flags: [String] = [],
        environment more: [String: String] = [:],
        named name: String = "image"
    ) throws -> ExportedImage {
        let folder = path + "/" + name
        let output = ["-t", "x:latest", "--output=type=oci,tar=false,dest=" + folder]
        return try ExportedImage(folder, outcome: build(dockerfile, flags + output, environment: more))
    }
}
