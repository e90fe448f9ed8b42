internal import Bytes

/// A URL as Go's `net/url` reads it, as far as sources of ADD go: `scheme://[user[:password]@]host[:port]/path?query#fragment`.
struct RemoteURL: Hashable {
    /// In lower case.
    var scheme: ByteString
    var user: RemoteUser?
    /// Host and port as written.
    var host: ByteString
    /// As written.
    var encodedPath: ByteString
    /// With what was percent-encoded decoded.
    var path: ByteString
    /// Without its `?`; nil where there is none.
    var query: ByteString?
    /// Decoded; nil where there is none.
    var fragment: ByteString?

    /// Reads a URL that has a scheme and a host.
    ///
    /// - Throws: `MalformedURL`, which says what is wrong and repeats nothing of the text: it may hold a password.
    init(_ text: ByteString) throws(MalformedURL) {
        guard text.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw MalformedURL(reason: "it has a control character")
        }
        guard let scheme = RemoteURL.scheme(of: text) else { throw MalformedURL(reason: "it has no scheme") }
        self.scheme = scheme.lowercased
        let rest = ByteString(text.bytes.dropFirst(scheme.count + 3))
        let (target, fragment) = RemoteURL.cut(rest, at: "#")
        self.fragment = try fragment.map { text throws(MalformedURL) in try RemoteURL.decode(text, in: "fragment") }
        let (place, query) = RemoteURL.cut(target, at: "?")
        self.query = query
        let slash = place.bytes.firstIndex(of: UInt8(ascii: "/")) ?? place.count
        let authority = place.bytes[..<slash]
        encodedPath = ByteString(place.bytes[slash...])
        path = try RemoteURL.decode(encodedPath, in: "path")
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            user = try RemoteUser(ByteString(authority[..<at]))
            host = ByteString(authority[(at + 1)...])
        } else {
            host = ByteString(authority)
        }
        try RemoteURL.check(host: host)
    }

    /// The letters and digits before `://`; nil where the text does not begin so.
    static func scheme(of text: ByteString) -> ByteString? {
        let letters = text.bytes.prefix { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard !letters.isEmpty, text.bytes.dropFirst(letters.count).starts(with: "://".utf8) else { return nil }
        return ByteString(letters)
    }

    /// The host without port and brackets.
    var hostName: ByteString {
        if host.hasPrefix("[") { return ByteString(host.bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }) }
        return RemoteURL.cut(host, at: ":").0
    }

    /// The last part of the path; nil where there is none.
    var baseName: ByteString? { path.split(separator: UInt8(ascii: "/")).last { !$0.isEmpty } }

    /// What a client asks for: without user and fragment, and with what may not stand in a URL encoded.
    var address: ByteString {
        scheme + "://" + host + RemoteURL.encoded(encodedPath) + (query.map { "?" + RemoteURL.encoded($0) } ?? "")
    }

    /// The same for people: a query may hold a secret.
    var shown: String {
        "\(scheme.escaped)://\(host.escaped)\(RemoteURL.encoded(encodedPath).escaped)\(query == nil ? "" : "?…")"
    }

    /// The same URL without what stands before the `@` of its host.
    static func withoutUser(_ url: ByteString) -> ByteString {
        guard let user = userRange(of: url) else { return url }
        return ByteString(Array(url.bytes[..<user.lowerBound] + url.bytes[(user.upperBound + 1)...]))
    }

    /// Where a URL says who is asking: what stands before the `@` of its host; nil if there is none.
    static func userRange(of url: ByteString) -> Range<Int>? {
        guard let mark = url.bytes.firstIndex(of: UInt8(ascii: "/")), mark + 2 <= url.count else { return nil }
        let authority = url.bytes[(mark + 2)...].prefix { !"/?#".utf8.contains($0) }
        return authority.lastIndex(of: UInt8(ascii: "@")).map { (mark + 2)..<$0 }
    }

    /// The values of a query by name, in the order of the text (`application/x-www-form-urlencoded`).
    static func fields(of query: ByteString) throws(MalformedURL) -> [(name: ByteString, value: ByteString)] {
        var result: [(name: ByteString, value: ByteString)] = []
        for part in query.split(separator: UInt8(ascii: "&")) where !part.isEmpty {
            guard !part.bytes.contains(UInt8(ascii: ";")) else {
                throw MalformedURL(reason: "its query has a semicolon")
            }
            let (name, value) = cut(part, at: "=")
            func plain(_ text: ByteString) throws(MalformedURL) -> ByteString {
                try decode(ByteString(text.bytes.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }), in: "query")
            }
            result.append((try plain(name), try plain(value ?? "")))
        }
        return result
    }

    static func cut(_ text: ByteString, at mark: Character) -> (ByteString, ByteString?) {
        guard let byte = mark.asciiValue, let place = text.bytes.firstIndex(of: byte) else { return (text, nil) }
        return (ByteString(text.bytes[..<place]), ByteString(text.bytes[(place + 1)...]))
    }

    static func decode(_ text: ByteString, in part: String) throws(MalformedURL) -> ByteString {
        guard text.bytes.contains(UInt8(ascii: "%")) else { return text }
        var result: [UInt8] = []
        var rest = text.bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw MalformedURL(reason: "its \(part) has a % without two hexadecimal digits")
            }
            result.append(high << 4 | low)
        }
        return ByteString(result)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func encoded(_ text: ByteString) -> ByteString {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.bytes {
            if byte > 0x20, byte < 0x7F, !"\"\\<>^`{|}".utf8.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return ByteString(result)
    }

    private static func check(host: ByteString) throws(MalformedURL) {
        guard !host.isEmpty, !host.hasPrefix(":") else { throw MalformedURL(reason: "it has no host") }
        let isPlain = host.bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._:[]".utf8.contains(byte)
        }
        guard isPlain else { throw MalformedURL(reason: "its host has a character that no host has") }
        let name = host.bytes.lastIndex(of: UInt8(ascii: "]")).map { host.bytes[($0 + 1)...] } ?? host.bytes[...]
        guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return }
        let port = name[(colon + 1)...]
        let isPort = port.count <= 5 && port.allSatisfy { (0x30...0x39).contains($0) }
        guard isPort, port.isEmpty || (1...65535).contains(Int(ByteString(port).text) ?? 0) else {
            throw MalformedURL(reason: "its port is no number")
        }
    }
}

/// A text that is no URL.
package struct MalformedURL: Error {
    package let reason: String
}
