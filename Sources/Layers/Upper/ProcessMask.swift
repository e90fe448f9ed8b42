internal import Bytes
internal import Glibc
internal import Linux

/// The umask that this process was started with.
enum ProcessMask {
    /// Read without setting it, which would be seen by other threads: from /proc, as proc(5) has it since Linux 4.7.
    ///
    /// All bits where that cannot be read: then every mode is set.
    static let value: UInt16 = {
        guard let process = try? Directory.open(hostPath: "/proc/self"),
            let file = try? process.open("status", flags: O_RDONLY), let text = try? file.readAll(limit: 1 << 16)
        else { return 0o7777 }
        for line in ByteString(text).split(separator: 0x0A) where line.hasPrefix("Umask:\t") {
            return UInt16(line.text.dropFirst(7), radix: 8) ?? 0o7777
        }
        return 0o7777
    }()
}
