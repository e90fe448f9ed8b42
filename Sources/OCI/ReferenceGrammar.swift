internal import Bytes

/// The grammar of an image's name (OCI distribution-spec 1.1, "Pulling manifests": `<name>` and `<reference>`).
enum ReferenceGrammar {
    /// Longest repository, as the specification advises for host and repository.
    static let maximumPath = 255
    /// Longest host with its port.
    static let maximumDomain = 255
    static let maximumTag = 128
    /// Longest name as a whole; nothing longer can be well formed.
    static let maximumLength = maximumDomain + 1 + maximumPath + 1 + maximumTag + 1 + 7 + 128

    /// A host name or an address of IPv4 or (in brackets) IPv6, and a port.
    static func isDomain(_ text: ByteString) -> Bool {
        guard text.count <= maximumDomain else { return false }
        var host = text.bytes[...]
        // A colon inside the brackets of an IPv6 address does not start a port.
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host[colon...].contains(UInt8(ascii: "]")) {
            let port = host[(colon + 1)...]
            guard (1...5).contains(port.count), port.allSatisfy(ASCII.isDigit) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") { return isIPv6(host) }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return ASCII.isAlphanumeric(first) && ASCII.isAlphanumeric(last)
                && label.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isIPv6(_ host: ArraySlice<UInt8>) -> Bool {
        guard host.count > 2, host.last == UInt8(ascii: "]") else { return false }
        return host.dropFirst().dropLast().allSatisfy { byte in
            ASCII.isHexDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
                || byte == UInt8(ascii: ":")
        }
    }

    /// Components in lower case, between slashes.
    static func isPath(_ text: ByteString) -> Bool {
        text.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy(isPathComponent)
    }

    /// Letters and digits, with `.`, `_`, `__` or any number of `-` between them.
    private static func isPathComponent(_ component: ArraySlice<UInt8>) -> Bool {
        func isWordByte(_ byte: UInt8) -> Bool { ASCII.isDigit(byte) || ASCII.isLowercase(byte) }
        guard let first = component.first, let last = component.last, isWordByte(first), isWordByte(last) else {
            return false
        }
        return component.split(whereSeparator: isWordByte).allSatisfy { separator in
            separator.elementsEqual(".".utf8) || separator.elementsEqual("_".utf8) || separator.elementsEqual("__".utf8)
                || separator.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    static func isTag(_ text: ByteString) -> Bool {
        guard (1...maximumTag).contains(text.count), let first = text.bytes.first else { return false }
        return (ASCII.isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.bytes.allSatisfy { ASCII.isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }
}
