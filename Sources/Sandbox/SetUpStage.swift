internal import CLinux

/// Where the child was, between clone and exec, when something failed.
///
/// Mirrors `enum sbi_stage` of child.h.
package struct SetUpStage: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ stage: sbi_stage) { rawValue = Int32(stage.rawValue) }

    /// What was being done, as a phrase for a message.
    package var words: String {
        switch sbi_stage(rawValue: UInt32(bitPattern: rawValue)) {
        case SBI_STAGE_PARENT_DIED: "the engine ended"
        case SBI_STAGE_SESSION: "making a session"
        case SBI_STAGE_ROOT: "attaching the root file system"
        case SBI_STAGE_DEV: "making /dev"
        case SBI_STAGE_DEV_NODE: "placing a device in /dev"
        case SBI_STAGE_DEV_PTS: "mounting /dev/pts"
        case SBI_STAGE_DEV_SHM: "mounting /dev/shm"
        case SBI_STAGE_PROC: "mounting /proc"
        case SBI_STAGE_SYS: "mounting /sys"
        case SBI_STAGE_MASK: "hiding parts of /proc and /sys"
        case SBI_STAGE_READ_ONLY: "making parts of /proc read-only"
        case SBI_STAGE_MOUNT_TARGET, SBI_STAGE_MOUNT_REFUSED, SBI_STAGE_MOUNT: "attaching a mount"
        case SBI_STAGE_PIVOT: "entering the root file system"
        case SBI_STAGE_LOOPBACK: "bringing up the loopback interface"
        case SBI_STAGE_HOSTNAME: "setting the host name"
        case SBI_STAGE_LIMIT: "setting a resource limit"
        case SBI_STAGE_STREAMS: "opening the standard streams"
        case SBI_STAGE_WORKING_DIRECTORY, SBI_STAGE_WORKING_DIRECTORY_OUTSIDE: "entering the working directory"
        case SBI_STAGE_CAPABILITIES: "dropping capabilities"
        case SBI_STAGE_GROUPS: "setting the supplementary groups"
        case SBI_STAGE_USER: "changing the user"
        case SBI_STAGE_INIT: "running the init process"
        case SBI_STAGE_EXEC, SBI_STAGE_EXEC_INTERPRETER: "executing the program"
        default: "stage \(rawValue)"
        }
    }
}
