package import Bytes

/// What is checked, and what the checks need to know of the world outside of the file.
///
/// `Graph` makes one from a build's request; only what is known there and not here comes as a closure.
package struct CheckRequest: Sendable {
    /// Who asks.
    package enum Purpose: Sendable, Hashable {
        /// A build: only the rules that are meant for it, only in stages that are built.
        case build
        /// `check`: all rules; in all stages unless there is a target.
        case check
    }

    /// What is known of an image that FROM names.
    package struct Base: Sendable {
        /// Its environment.
        package var environment: [(name: ByteString, value: ByteString)]
        /// Whether its config names a shell.
        package var hasShell: Bool
        /// Its ONBUILD triggers.
        package var triggers: [ByteString]
        /// The platform that it has and the one that was asked for, if they do not fit.
        package var platformMismatch: (actual: String, expected: String)?

        package init(
            environment: [(name: ByteString, value: ByteString)] = [],
            hasShell: Bool = false,
            triggers: [ByteString] = [],
            platformMismatch: (actual: String, expected: String)? = nil
        ) {
            self.environment = environment
            self.hasShell = hasShell
            self.triggers = triggers
            self.platformMismatch = platformMismatch
        }
    }

    /// The file.
    package var dockerfile: ParsedDockerfile
    /// Which rules run.
    package var configuration: CheckConfiguration
    /// Who asks.
    package var purpose: Purpose
    /// The target stage; nil for the last.
    package var target: ByteString?
    /// The build arguments.
    package var buildArguments: [ByteString: ByteString]
    /// TARGETPLATFORM and its kin, with their values.
    package var platformArguments: [(name: ByteString, value: ByteString)]
    /// Names given with `--build-context`, in small letters.
    package var namedContexts: Set<ByteString> = []
    /// Whether the ignore file leaves a cleaned source path out; for `.` and `/` whether it leaves everything out.
    ///
    /// Nil if there is no ignore file, or one with exceptions, of which this cannot be said for a folder.
    package var isIgnored: (@Sendable (ByteString) -> Bool)?
    /// Whether the text is an image's name.
    package var isImageName: @Sendable (ByteString) -> Bool
    /// System and processor of a platform; nil if it is none.
    package var platform: @Sendable (ByteString) -> (os: ByteString, architecture: ByteString)?
    /// What is known of the image that FROM names, in a stage of the given platform (nil for the target's).
    ///
    /// Nil if nothing is known: variables of the image may be set then.
    package var base: @Sendable (_ name: ByteString, _ platform: ByteString?) -> Base? = { _, _ in nil }

    package init(
        dockerfile: ParsedDockerfile,
        configuration: CheckConfiguration,
        purpose: Purpose,
        target: ByteString? = nil,
        buildArguments: [ByteString: ByteString] = [:],
        platformArguments: [(name: ByteString, value: ByteString)],
        isImageName: @escaping @Sendable (ByteString) -> Bool,
        platform: @escaping @Sendable (ByteString) -> (os: ByteString, architecture: ByteString)?
    ) {
        self.dockerfile = dockerfile
        self.configuration = configuration
        self.purpose = purpose
        self.target = target
        self.buildArguments = buildArguments
        self.platformArguments = platformArguments
        self.isImageName = isImageName
        self.platform = platform
    }
}
