internal import BuildEngine
internal import Bytes
internal import OCI

/// One `--output`: comma-separated `key=value`s, as buildx reads them.
struct OutputOption {
    /// What it asks for.
    let output: BuildRequest.Output

    private static let flag = "--output"
    private static let otherTypes: Set<ByteString> = ["docker", "image", "local", "registry", "tar", "moby"]
    /// What buildx knows of besides for `type=oci`, with the values that change nothing here.
    private static let otherKeys: [ByteString: Set<ByteString>] = [
        "compression-level": [], "force-compression": ["false"], "oci-mediatypes": ["true"], "oci-artifact": [],
        "rewrite-timestamp": ["false"], "store": [], "unpack": [], "push": ["false"], "buildinfo": [],
        "attestation-prefix": [], "context": [], "platform-split": [],
    ]

    /// - Parameters:
    ///   - text: the value of the flag.
    ///   - isTerminal: whether standard output is one, where a tar would do harm.
    /// - Throws: `UsageError` for what is malformed, not supported, or incomplete.
    init(_ text: ByteString, isTerminal: @autoclosure () -> Bool = StandardOutput.isTerminal) throws(UsageError) {
        guard let fields = CommaFields.split(text) else { throw Self.malformed(text, "its quotes do not fit") }
        if fields.count == 1, let only = fields.first, !only.bytes.contains(UInt8(ascii: "=")) {
            guard only != "-" else {
                throw .notSupported("\(Self.flag) type=tar", instead: "-o type=oci,dest=- writes an image's tar")
            }
            throw .notSupported("\(Self.flag) type=local", instead: Self.supported)
        }
        var type: ByteString?
        var layout = BuildRequest.LayoutOutput(destination: nil)
        var hasLayoutKeys = false
        for field in fields {
            let (key, value) = try Self.pair(field, in: text)
            if key == "type" {
                type = value
            } else {
                try Self.set(key, to: value, of: &layout, in: text)
                hasLayoutKeys = true
            }
        }
        switch type {
        case "oci":
            try Self.check(layout, isTerminal: isTerminal(), text)
            output = .layout(layout)
        case "cacheonly":
            guard !hasLayoutKeys else { throw Self.malformed(text, "type=cacheonly has nothing to be set") }
            output = .cacheOnly
        case let type? where Self.otherTypes.contains(type):
            throw .notSupported("\(Self.flag) type=\(type.escaped)", instead: Self.supported)
        case let type?: throw Self.malformed(text, "\"\(type.escaped)\" is no type; \(Self.supported)")
        case nil: throw Self.malformed(text, "it needs a type; \(Self.supported)")
        }
    }

    private static let supported = "types are oci and cacheonly"

    private static func malformed(_ text: ByteString, _ reason: String) -> UsageError {
        .malformed(flag: flag, value: text, reason: reason)
    }

    /// Keys in any case and with blanks around, as buildx takes them.
    private static func pair(_ field: ByteString, in text: ByteString) throws(UsageError) -> (ByteString, ByteString) {
        let parts = field.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw malformed(text, "\"\(field.escaped)\" is no key=value") }
        let key = parts[0].filter { $0 != UInt8(ascii: " ") }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return (ByteString(key), ByteString(Array(parts[1])))
    }

    private static func set(
        _ key: ByteString,
        to value: ByteString,
        of layout: inout BuildRequest.LayoutOutput,
        in text: ByteString
    ) throws(UsageError) {
        switch key {
        case "dest":
            layout.destination = value == "-" || value.isEmpty ? nil : value
        case "tar":
            guard let isTar = bool(value) else { throw malformed(text, "tar is true or false") }
            layout.isTar = isTar
        case "name":
            // Several names stand in one quoted field: "name=a,b".
            for name in value.split(separator: UInt8(ascii: ",")) where !name.isEmpty {
                do { layout.names.append(try Reference(name)) } catch { throw malformed(text, error.message) }
            }
        case "compression":
            if value == "zstd" || value == "estargz" {
                throw .notSupported("\(flag) compression=\(value.text)", instead: "there are gzip and uncompressed")
            }
            guard let compression = BuildRequest.Compression(rawValue: value.text) else {
                throw malformed(text, "compression is gzip or uncompressed")
            }
            layout.compression = compression
        default:
            if let neutral = otherKeys[key] {
                if neutral.contains(value) { return }
                throw .notSupported("\(flag) \(key.text)=\(value.escaped)", instead: nil)
            }
            if key.hasPrefix("annotation") { throw .notSupported("\(flag) \(key.escaped)", instead: nil) }
            throw malformed(text, "there is no \"\(key.escaped)\"; keys are type, dest, tar, name, compression")
        }
    }

    private static func check(
        _ layout: BuildRequest.LayoutOutput,
        isTerminal: Bool,
        _ text: ByteString
    ) throws(UsageError) {
        guard layout.destination == nil else { return }
        guard layout.isTar else { throw malformed(text, "with tar=false it needs dest=FOLDER") }
        guard !isTerminal else {
            throw malformed(text, "a tar is not for a terminal; give it dest=FILE, or send standard output elsewhere")
        }
    }

    private static func bool(_ value: ByteString) -> Bool? {
        if DockerFlag.trueWords.contains(value) { return true }
        return DockerFlag.falseWords.contains(value) ? false : nil
    }
}
