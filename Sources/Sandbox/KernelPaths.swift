internal import Glibc

/// The paths of /proc and /sys that a step must not see or write: Docker's list.
enum KernelPaths {
    /// Beneath /proc, hidden.
    static let maskedProc = [
        "acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list",
        "timer_stats",
    ]

    /// Beneath /proc, read-only.
    static let readOnlyProc = ["bus", "fs", "irq", "sys", "sysrq-trigger"]

    /// Beneath /sys, hidden; with the thermal counters of each processor that this machine has.
    static let maskedSys: [String] = {
        var result = ["firmware", "devices/virtual/powercap"]
        let count = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
        for number in 0..<count {
            let path = "devices/system/cpu/cpu\(number)/thermal_throttle"
            if access("/sys/\(path)", F_OK) == 0 { result.append(path) }
        }
        return result
    }()
}
