internal import Bytes

/// A registry's host and port, as text that is safe in a file's name and in a URL.
struct RegistryHost: Hashable {
    /// In lower case; an address of IPv6 without its brackets.
    let name: String
    let port: Int?
    /// As it was written.
    let text: String

    /// Reads `host`, `host:port`, `[address]` or `[address]:port`.
    ///
    /// - Throws: `SettingsError.malformedHost`.
    init(_ text: String) throws(SettingsError) {
        guard let host = RegistryHost(parsing: text) else { throw .malformedHost(ByteString(text)) }
        self = host
    }

    /// As ``init(_:)``, nil where it throws.
    init?(parsing text: String) {
        var host = text[...]
        var port: Int?
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let digits = host[host.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65535).contains(number)
            else { return nil }
            port = number
            host = host[..<colon]
        }
        let isBracketed = host.first == "[" && host.last == "]"
        if isBracketed {
            host = host.dropFirst().dropLast()
            guard IPAddress(String(host))?.bytes.count == 16 else { return nil }
        } else {
            guard !host.isEmpty, host.utf8.count <= 255, !host.hasPrefix("."), !host.contains(".."),
                host.utf8.allSatisfy(RegistryHost.isHostByte)
            else { return nil }
        }
        self.name = ByteString(host).lowercased.text
        self.port = port
        self.text = text
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Whether it is this machine itself.
    var isLoopback: Bool {
        if let address = IPAddress(name) { return address.isLoopback }
        let labels = name.hasSuffix(".") ? name.dropLast() : name[...]
        return labels == "localhost" || labels.hasSuffix(".localhost")
    }
}
