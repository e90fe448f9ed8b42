package import Bytes
package import OCI

/// RUN: a process in a tree.
///
/// All and only what its keys hold (Docs/Keys.md, "run").
package struct ProcessStep: Sendable, Hashable {
    package enum Network: UInt8, Sendable, Hashable {
        /// The network that the engine was told to give steps.
        case `default` = 0
        /// Loopback only.
        case none = 1
        /// The host's.
        case host = 2
    }

    /// How far the step is kept from the host.
    package enum Security: UInt8, Sendable, Hashable {
        /// As every step is.
        case sandbox = 0
        /// With all capabilities, all of /proc and /sys, and devices: `RUN --security=insecure`.
        case insecure = 1
    }

    /// A file that the engine mounts for the step: the script of `RUN <<EOF` with an interpreter of its own.
    package struct InlineFile: Sendable, Hashable {
        /// Absolute path of the directory that is mounted, such as `/dev/pipes`.
        package var directory: ByteString
        package var name: ByteString
        package var content: ByteString
        package var mode: UInt16

        package init(directory: ByteString, name: ByteString, content: ByteString, mode: UInt16) {
            self.directory = directory
            self.name = name
            self.content = content
            self.mode = mode
        }
    }

    /// Program and arguments; the program is looked up in the image's PATH.
    package var arguments: [ByteString]
    /// `NAME=value` in the order that the process gets them.
    package var environment: [ByteString]
    /// Absolute.
    package var workingDirectory: ByteString
    /// USER as text: `name`, `uid`, `name:group`, `uid:gid`; empty for root.
    package var user: ByteString
    /// What the process finds itself on.
    package var platform: Platform
    package var network: Network
    package var security: Security
    package var hostname: ByteString
    package var extraHosts: [ExtraHost]
    package var mounts: [ProcessMount]
    package var devices: [Device]
    package var inlineFiles: [InlineFile]
    /// Proxy settings that reach the process but no key (`HTTP_PROXY=…` given as build arguments and not declared).
    package var unkeyedEnvironment: [ByteString]

    package init(
        arguments: [ByteString],
        environment: [ByteString] = [],
        workingDirectory: ByteString = "/",
        user: ByteString = "",
        platform: Platform = .host,
        network: Network = .default,
        security: Security = .sandbox,
        hostname: ByteString = ProcessStep.defaultHostname,
        extraHosts: [ExtraHost] = [],
        mounts: [ProcessMount] = [],
        devices: [Device] = [],
        inlineFiles: [InlineFile] = [],
        unkeyedEnvironment: [ByteString] = []
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.platform = platform
        self.network = network
        self.security = security
        self.hostname = hostname
        self.extraHosts = extraHosts
        self.mounts = mounts
        self.devices = devices
        self.inlineFiles = inlineFiles
        self.unkeyedEnvironment = unkeyedEnvironment
    }

    package static let defaultHostname: ByteString = "buildkitsandbox"
}

extension ProcessStep {
    /// What the process gets; a proxy of the build arguments wins over what the image or the stage says of it.
    package var wholeEnvironment: ProcessEnvironment {
        var whole = ProcessEnvironment(environment)
        for entry in unkeyedEnvironment { whole.set(entry) }
        return whole
    }
}
