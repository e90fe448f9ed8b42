internal import Bytes
internal import Glibc

/// The words of EXPOSE: `[IP:][HOST:]PORT[-PORT][/PROTOCOL]`; only the container's ports count.
enum Ports {
    struct Malformed: Error { let why: String }

    /// `80` → `80/tcp`; a range gives one for each of its ports.
    static func parse(_ word: ByteString) throws(Malformed) -> [ByteString] {
        let parts = word.split(separator: UInt8(ascii: ":"))
        let last = parts[parts.count - 1]
        let halves = last.split(separator: UInt8(ascii: "/"))
        let scheme = halves.count > 1 ? halves[1...].joined(separator: "/") : "tcp"
        let lowered = ByteString(scheme.bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
        guard !halves[0].isEmpty else { throw Malformed(why: "no port specified") }
        guard ["", "tcp", "udp", "sctp"].contains(lowered) else {
            throw Malformed(why: "unknown protocol \(scheme.escaped)")
        }
        let suffix: ByteString = "/" + (lowered.isEmpty ? "tcp" : lowered)
        let range = try range(halves[0])
        if parts.count > 2 { try checkAddress(parts.dropLast(2).joined(separator: ":")) }
        if parts.count > 1, !parts[parts.count - 2].isEmpty {
            let host = try Ports.range(parts[parts.count - 2])
            guard host.count == range.count || range.count == 1 else {
                throw Malformed(why: "the host's range and the container's have different lengths")
            }
        }
        return range.map { ByteString(String($0)) + suffix }
    }

    /// The address in front, which counts for nothing but must be one.
    private static func checkAddress(_ text: ByteString) throws(Malformed) {
        var text = text.text
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if text.isEmpty { return }
        var address = in6_addr()
        guard inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1 else {
            throw Malformed(why: "not an IP address")
        }
    }

    private static func range(_ text: ByteString) throws(Malformed) -> ClosedRange<Int> {
        let ends = text.split(separator: UInt8(ascii: "-"))
        guard ends.count <= 2 else { throw Malformed(why: "not a port or a range of ports") }
        let first = try number(ends[0])
        let last = ends.count == 2 ? try number(ends[1]) : first
        guard first <= last else { throw Malformed(why: "the range ends before it starts") }
        return first...last
    }

    /// A sign may stand before it, as for Go's `ParseInt`.
    private static func number(_ text: ByteString) throws(Malformed) -> Int {
        guard text.count <= 8, let value = Int(text.text) else { throw Malformed(why: "not a number") }
        guard (0...65535).contains(value) else { throw Malformed(why: "out of range (0–65535)") }
        return value
    }
}
