package import Bytes

/// The process of a step: what is executed, as whom, and with what around it.
package struct ProcessSpec: Sendable, Hashable {
    /// Program and arguments.
    ///
    /// A program without a slash is looked for in the PATH of ``environment``, inside the root.
    package var arguments: [ByteString]
    /// Entries `NAME=value`.
    ///
    /// HOME is added from the user when it is missing or empty; nothing else is.
    package var environment: [ByteString]
    /// An absolute path, resolved inside the root.
    package var workingDirectory: ByteString
    /// Makes a missing working directory (mode 0755, root's) inside the root, as runc does, instead of failing.
    package var makesWorkingDirectory = false
    package var user: UserIdentity
    package var hostname: ByteString = "buildkitsandbox"
    package var limits: [ResourceLimit] = []
    /// The bounding set, and what user 0 holds; other users hold none.
    package var capabilities = CapabilitySet.docker

    package init(
        arguments: [ByteString],
        environment: [ByteString] = [],
        workingDirectory: ByteString = "/",
        user: UserIdentity = .root
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
    }

    /// PATH where the environment has none: Docker's default.
    package static let defaultSearchPath: ByteString = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The environment with HOME, as it is handed to the program.
    var completeEnvironment: [ByteString] {
        if let home = value(of: "HOME"), !home.isEmpty { return environment }
        return environment.filter { !$0.hasPrefix("HOME=") } + [ByteString("HOME=") + user.home]
    }

    /// The value of a variable; the last entry counts.
    func value(of name: ByteString) -> ByteString? {
        let prefix = name + "="
        guard let entry = environment.last(where: { $0.hasPrefix(prefix) }) else { return nil }
        return ByteString(entry.bytes.dropFirst(prefix.count))
    }
}

/// A limit of setrlimit(2).
package struct ResourceLimit: Sendable, Hashable {
    /// A number of the RLIMIT_* family.
    package var resource: Int32
    package var soft: UInt64
    package var hard: UInt64

    package init(resource: Int32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}
