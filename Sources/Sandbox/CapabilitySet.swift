/// A set of Linux capabilities, by their numbers in capability.h.
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(numbers: Int...) { rawValue = numbers.reduce(0) { $0 | 1 << UInt64($1) } }

    /// All that there are, of this kernel and of later ones.
    package static let all = CapabilitySet(rawValue: .max)

    /// The fourteen of Docker's default: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
    /// NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.
    package static let docker = CapabilitySet(numbers: 0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
}
