internal import Bytes
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// What this machine allows a sandbox to do, found by doing it; for `info`.
package struct IsolationReport: Sendable {
    /// One ability, and what was found.
    package struct Finding: Sendable, Hashable {
        package var subject: String
        /// Whether it is there as it should be; false also for what this version of the engine lacks.
        package var isAvailable: Bool
        /// What is used, or what is done instead, or why not.
        package var detail: String
    }

    /// The kernel's release, such as `6.18.1`.
    package let kernel: String
    /// The isolation that steps run with.
    package let isolation: Isolation
    /// Why steps cannot run with it here; nil where they can.
    package let failure: SandboxError?
    package let findings: [Finding]

    /// Probes by running a step that has no program.
    ///
    /// Takes some milliseconds; blocks.
    package init() {
        kernel = IsolationReport.kernelRelease()
        isolation = .namespaces
        failure = IsolationReport.tryStep()
        var findings = [
            Finding(
                subject: "namespaces",
                isAvailable: failure == nil,
                detail: failure?.message ?? "mount, pid, ipc, uts, network by one clone3, with a pidfd"
            )
        ]
        let hasControlGroups = access("/proc/self/ns/cgroup", F_OK) == 0
        findings.append(
            Finding(
                subject: "cgroup namespace",
                isAvailable: hasControlGroups,
                detail: hasControlGroups ? "used" : "the kernel has none; /sys/fs/cgroup is empty in a step"
            )
        )
        findings.append(IsolationReport.overlay())
        findings.append(
            Finding(subject: "seccomp", isAvailable: false, detail: "no filter yet: steps may make any system call")
        )
        findings.append(
            Finding(subject: "network default", isAvailable: false, detail: "is the host's network for now")
        )
        self.findings = findings
    }

    private static func kernelRelease() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &name.release) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// - Returns: nil when everything up to the program worked.
    private static func tryStep() -> SandboxError? {
        do throws(SandboxError) {
            let root = try DetachedMount.tmpfs(size: 1 << 16, mode: 0o755)
            let directory = try root.openDirectory()
            try doing("probing") { () throws(SystemError) in
                for name in ["dev", "proc", "sys"] as [ByteString] { try directory.makeDirectory(name, mode: 0o755) }
            }
            let step = Step(root: root, process: ProcessSpec(arguments: ["/probe"]), network: .none)
            _ = try Isolation.namespaces.run(step) { _, _ in }
            return nil
        } catch {
            if case .programNotFound = error { return nil }
            return error
        }
    }

    private static func overlay() -> Finding {
        do throws(SandboxError) {
            let mount = try DetachedMount.tmpfs(size: 1 << 16, mode: 0o755)
            let place = try mount.openDirectory()
            let directories = try doing("probing") { () throws(SystemError) in
                var result: [Directory] = []
                for name in ["a", "b", "upper", "work"] as [ByteString] {
                    result.append(try place.makeOrOpenDirectory(name, mode: 0o755))
                }
                return result
            }
            _ = try DetachedMount.overlay(
                lowers: Array(directories[0...1]),
                upper: directories[2],
                work: directories[3]
            )
            withExtendedLifetime(mount) {}
            let byDescriptor = DetachedMount.takesDescriptors.load(ordering: .relaxed)
            let how =
                byDescriptor ? "layers by descriptor" : "layers through /proc/self/fd (by descriptor from Linux 6.13)"
            return Finding(subject: "overlay", isAvailable: true, detail: how)
        } catch {
            return Finding(subject: "overlay", isAvailable: false, detail: "needs Linux 6.5: \(error.message)")
        }
    }
}
