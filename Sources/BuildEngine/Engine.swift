public import Bytes
internal import Linux
internal import Store

/// The engine: builds images with one state root.
///
/// Any number of engines, in any number of processes, may share a root.
///
/// ```swift
/// let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
/// let result = try await engine.build(BuildRequest(context: "."))
/// ```
public final class Engine: Sendable {
    /// The folder that holds the engine's state.
    public let stateRoot: ByteString
    let store: StateRoot
    let options: Options
    let upkeep: Upkeep

    /// What changes how the engine works, for all its builds.
    public struct Options: Sendable {
        /// After every step the mounted root is walked again and compared with the tree that was computed
        /// (`SWIFT_BUILD_IMAGE_CHECK=trees`); a difference fails the build.
        public var checksTrees = false
        /// Hosts, with their port where they have one, that may be spoken to without a verified certificate, and
        /// without TLS at all: `--insecure-registry`.
        public var insecureRegistries: Set<String> = []
        /// Where credentials, proxies, certificates and mirrors are found.
        let environment: [ByteString: ByteString]

        /// The options that the environment asks for.
        public init(environment: [ByteString: ByteString] = [:]) {
            let checks = environment["SWIFT_BUILD_IMAGE_CHECK"]?.split(separator: UInt8(ascii: ",")) ?? []
            checksTrees = checks.contains("trees")
            self.environment = environment
        }
    }

    /// Opens the state root, which is made if it is not there.
    ///
    /// - Parameters:
    ///   - stateRoot: a folder of this user on a local file system.
    ///   - options: how the engine works.
    /// - Throws: `BuildFailure` when it cannot be used: not writable, another owner, a newer version.
    public init(stateRoot: ByteString, options: Options = Options()) throws {
        self.stateRoot = stateRoot
        self.options = options
        _ = OpenFileLimit.original
        do { store = try StateRoot(path: stateRoot) } catch { throw BuildFailure(error, in: nil) }
        upkeep = Upkeep(store: store)
    }

    /// Where the state is without a choice of the user's (design.md §4): `$SWIFT_BUILD_IMAGE_ROOT`, else
    /// `/var/lib/swift-build-image` for root, else a folder of the user's data.
    ///
    /// `environment`: the process's variables.
    public static func defaultStateRoot(environment: [ByteString: ByteString]) -> ByteString {
        if let root = environment["SWIFT_BUILD_IMAGE_ROOT"], !root.isEmpty { return root }
        if CurrentUser.isRoot { return "/var/lib/swift-build-image" }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/swift-build-image" }
        return (environment["HOME"] ?? "/tmp") + "/.local/share/swift-build-image"
    }
}
