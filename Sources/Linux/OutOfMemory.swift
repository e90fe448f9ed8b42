internal import Bytes
internal import Glibc

/// What the kernel did when memory ran out.
package enum OutOfMemory {
    /// How many processes it has killed since the machine started, for the whole machine and for limits of groups; nil
    /// where it does not tell (`oom_kill` of proc_vmstat(5)).
    package static var killCount: UInt64? {
        guard let bytes = try? Descriptor.open(hostPath: "/proc/vmstat").readAll(limit: 1 << 20) else { return nil }
        for line in ByteString(bytes).split(separator: 0x0A) where line.hasPrefix("oom_kill ") {
            return UInt64(line.text.dropFirst("oom_kill ".count))
        }
        return nil
    }
}
