internal import Bytes
internal import CLinux
internal import Glibc
internal import Linux

/// What the child said first through its report pipe: why it did not come to the program, or how the program ended.
struct ChildReport {
    private let raw: sbi_report

    /// - Returns: nil at the end of the pipe: the step was killed from outside.
    init?(readFrom pipe: Descriptor) {
        var raw = sbi_report()
        let size = MemoryLayout<sbi_report>.size
        var count: Int
        repeat { count = read(pipe.number, &raw, size) } while count < 0 && errno == EINTR
        guard count == size else { return nil }
        self.raw = raw
    }

    private var stage: sbi_stage { sbi_stage(rawValue: UInt32(bitPattern: raw.stage)) }

    /// The status of the step's process, if it executed its program.
    var exitStatus: ExitStatus? { stage == SBI_STAGE_EXITED ? ExitStatus(waitStatus: raw.code) : nil }

    func error(in step: Step) -> SandboxError {
        let program = step.process.arguments.first ?? ""
        switch stage {
        case SBI_STAGE_EXEC where raw.code == ENOENT || raw.code == ENOTDIR: return .programNotFound(program)
        case SBI_STAGE_EXEC: return .programNotExecutable(program, code: raw.code)
        case SBI_STAGE_EXEC_INTERPRETER: return .interpreterNotFound(program)
        case SBI_STAGE_WORKING_DIRECTORY:
            return .workingDirectory(step.process.workingDirectory, code: raw.code)
        case SBI_STAGE_WORKING_DIRECTORY_OUTSIDE:
            return .workingDirectory(step.process.workingDirectory, code: ENOENT)
        case SBI_STAGE_MOUNT_REFUSED:
            return .mountTarget(
                target(in: step),
                reason: "nothing may be mounted on the root, on /dev, or in a kernel file system"
            )
        case SBI_STAGE_MOUNT_TARGET, SBI_STAGE_MOUNT:
            return .mountTarget(target(in: step), reason: SystemError(code: raw.code, call: "").reason)
        case SBI_STAGE_DEV where isBadMountPoint: return unusable("/dev")
        case SBI_STAGE_PROC where isBadMountPoint: return unusable("/proc")
        case SBI_STAGE_SYS where isBadMountPoint: return unusable("/sys")
        default: return .setUp(SetUpStage(rawValue: raw.stage), code: raw.code)
        }
    }

    private var isBadMountPoint: Bool { [ENOENT, ENOTDIR, ELOOP].contains(raw.code) }

    private func unusable(_ path: ByteString) -> SandboxError {
        .unusableImage(path: path, reason: raw.code == ENOENT ? "is missing" : "is a link or a file, not a directory")
    }

    private func target(in step: Step) -> ByteString {
        let mounts = step.mountsInOrder
        let index = Int(raw.index)
        return mounts.indices.contains(index) ? mounts[index].target.path : ""
    }
}
