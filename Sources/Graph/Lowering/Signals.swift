internal import Bytes

/// The signals that STOPSIGNAL may name, as Docker on Linux knows them.
enum Signals {
    /// Any number but 0, or a name with or without `SIG`, in any case.
    static func isKnown(_ text: ByteString) -> Bool {
        let upper = String(decoding: text.bytes.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
        if let number = Int(upper) { return number != 0 }
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if names.contains(name) { return true }
        if name.hasPrefix("RTMIN+"), let offset = Int(name.dropFirst(6)) { return (1...15).contains(offset) }
        if name.hasPrefix("RTMAX-"), let offset = Int(name.dropFirst(6)) { return (1...14).contains(offset) }
        return false
    }

    private static let names: Set<String> = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
        "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
        "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    ]
}
