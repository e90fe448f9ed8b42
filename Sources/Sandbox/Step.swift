/// One process over a root file system: everything that a sandbox needs to start it.
package struct Step: Sendable {
    /// What becomes `/`, for one run: usually ``DetachedMount/overlay(lowers:upper:work:)``.
    package var root: DetachedMount
    package var process: ProcessSpec
    /// Mounts beside `/`, /proc, /sys and /dev, in any order: they are attached from the root down.
    package var mounts: [StepMount]
    package var network: NetworkMode
    package var security: SecurityMode

    package init(
        root: DetachedMount,
        process: ProcessSpec,
        mounts: [StepMount] = [],
        network: NetworkMode = .host,
        security: SecurityMode = .sandbox
    ) {
        self.root = root
        self.process = process
        self.mounts = mounts
        self.network = network
        self.security = security
    }
}

/// A mount of a step.
///
/// It serves one run only: a detached mount can be attached once.
package struct StepMount: Sendable {
    /// Where it goes: an absolute path, resolved inside the root, links followed there.
    ///
    /// It must exist in the root
    /// (``StubLayer`` makes what is missing); inside another mount of the step, or /dev, it is made.
    package var target: MountPath
    package var mount: DetachedMount
    /// What the target is made as where it is missing in another mount.
    package var isDirectory: Bool

    package init(target: MountPath, mount: DetachedMount, isDirectory: Bool) {
        self.target = target
        self.mount = mount
        self.isDirectory = isDirectory
    }
}

/// What a step sees of the network.
package enum NetworkMode: String, Sendable, Hashable, CaseIterable {
    /// A network of its own with the loopback interface only.
    case none
    /// The network of the engine.
    case host
}

/// What a step may do, in namespaces of its own all the same.
package enum SecurityMode: String, Sendable, Hashable, CaseIterable {
    /// Docker's capabilities, parts of /proc and /sys hidden or read-only, no devices.
    case sandbox
    /// All that the engine may do, for any user of the step: it is trusted with the host.
    ///
    /// All capabilities, in all programs that it runs; nothing of /proc and /sys hidden or read-only; device nodes work
    /// in /dev, and in a root that was mounted with them.
    case insecure
}
