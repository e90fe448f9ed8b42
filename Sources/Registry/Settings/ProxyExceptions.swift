internal import Bytes

/// The hosts of NO_PROXY, between commas or spaces, as Go and curl read them.
///
/// `*` is every host; `example.com` is that host and those below it; `.example.com` and `*.example.com` only those below
/// it; an address or a range of addresses (CIDR) is compared as such. All but a range may end in `:port`.
struct ProxyExceptions: Sendable {
    private enum Rule: Sendable {
        case everything
        case domain(String, includesItself: Bool, port: Int?)
        case address(IPAddress, port: Int?)
        case range(AddressRange)
    }

    private let rules: [Rule]

    /// Reads the list; a word that is nothing of the above matches nothing, as with the others.
    init(_ list: ByteString) {
        let words = list.bytes.split { $0 == UInt8(ascii: ",") || $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }
        rules = words.compactMap { ProxyExceptions.rule(ByteString($0).lowercased.text) }
    }

    private static func rule(_ word: String) -> Rule? {
        if word == "*" { return .everything }
        if let range = AddressRange(word) { return .range(range) }
        if let address = IPAddress(word) { return .address(address, port: nil) }
        let isBelow = word.hasPrefix(".") || word.hasPrefix("*.")
        let name = isBelow ? word.drop { $0 == "*" || $0 == "." } : word[...]
        guard let host = RegistryHost(parsing: String(name)) else { return nil }
        if let address = IPAddress(host.name) { return .address(address, port: host.port) }
        return .domain(withoutPoint(host.name), includesItself: !isBelow, port: host.port)
    }

    private static func withoutPoint(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }

    func contain(host text: String, port: Int) -> Bool {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        let name = ProxyExceptions.withoutPoint(ByteString(bare).lowercased.text)
        let address = IPAddress(name)
        if address?.isLoopback ?? (name == "localhost" || name.hasSuffix(".localhost")) { return true }
        return rules.contains { rule in
            switch rule {
            case .everything: true
            case .domain(let domain, let includesItself, let wanted):
                (wanted == nil || wanted == port)
                    && (includesItself && name == domain || name.hasSuffix("." + domain))
            case .address(let other, let wanted): other == address && (wanted == nil || wanted == port)
            case .range(let range): address.map(range.contains) ?? false
            }
        }
    }
}
