internal import Bytes
internal import Glibc
internal import Linux

/// Which start of the machine this is: rows of the same one need no sync to be trusted.
package struct BootID: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// The kernel's value.
    ///
    /// Where it cannot be read, one that no other process has: such rows count once synced.
    static func current() -> BootID {
        let text = try? Directory.open(hostPath: "/proc/sys/kernel/random").open("boot_id", flags: O_RDONLY).readAll(
            limit: 256
        )
        if let text, text.count >= 36 { return BootID(bytes: Array(text.prefix(36))) }
        return BootID(bytes: (0..<16).map { _ in UInt8.random(in: 0 ... .max) })
    }

    /// What marks rows whose files could not be written to the disk: equal to no machine's value.
    static let lost = BootID(bytes: [])

    var value: SQLValue { .bytes(bytes) }
}
