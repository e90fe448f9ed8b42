internal import CLinux

/// What a crash of this process would leave on the disk.
package enum CoreDumps {
    /// Keeps the process's memory to itself from now on, for one that holds secrets: no core dump of it is written.
    ///
    /// Programs that it executes are not concerned.
    package static func forbid() { sbi_forbid_dumps() }
}
