internal import BuildEngine
internal import Bytes
internal import Glibc

/// One `--add-host NAME:ADDRESS` (or `NAME=ADDRESS`); an IPv6 address may stand in brackets.
struct ExtraHostOption {
    let host: BuildRequest.ExtraHost

    private static let flag = "--add-host"

    /// - Throws: `UsageError` for what is malformed.
    init(_ text: ByteString) throws(UsageError) {
        let mark = text.bytes.contains(UInt8(ascii: "=")) ? UInt8(ascii: "=") : UInt8(ascii: ":")
        let parts = text.bytes.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw .malformed(flag: Self.flag, value: text, reason: "it is NAME:ADDRESS")
        }
        // The name becomes a field of a line of /etc/hosts.
        guard parts[0].allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw .malformed(flag: Self.flag, value: text, reason: "its name is none of a host")
        }
        var address = parts[1]
        if ByteString(Array(address)) == "host-gateway" {
            throw .notSupported("\(Self.flag) with host-gateway", instead: "give the address itself")
        }
        if address.first == UInt8(ascii: "["), address.last == UInt8(ascii: "]") {
            address = address.dropFirst().dropLast()
        }
        guard let canonical = Self.canonical(ByteString(Array(address)).text) else {
            throw .malformed(flag: Self.flag, value: text, reason: "its address is no IP address")
        }
        host = BuildRequest.ExtraHost(name: ByteString(Array(parts[0])), address: ByteString(canonical))
    }

    /// The address as inet_ntop(3) writes it; nil for what is none.
    private static func canonical(_ text: String) -> String? {
        for family in [AF_INET, AF_INET6] {
            var address = in6_addr()
            guard inet_pton(family, text, &address) == 1 else { continue }
            var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(family, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
            return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return nil
    }
}
