internal import BuildEngine
internal import Bytes
internal import OCI

/// The `key=value`s of one `--output`, taken out one by one by what the type knows; what is left over is refused.
struct OutputAttributes {
    /// The whole value, for messages.
    let text: ByteString
    private(set) var type: ByteString?
    private var values: [(key: ByteString, value: ByteString)] = []

    init(text: ByteString) { self.text = text }

    /// Whether there is nothing but a type.
    var isEmpty: Bool { values.isEmpty }

    var hasDestination: Bool { values.contains { $0.key == "dest" && !$0.value.isEmpty } }

    /// Keys in any case and with blanks around, as buildx takes them.
    mutating func add(_ field: ByteString) throws(UsageError) {
        let parts = field.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw malformed("\"\(field.escaped)\" is no key=value") }
        let key = ByteString(parts[0].filter { $0 != UInt8(ascii: " ") }).lowercased
        let value = ByteString(Array(parts[1]))
        if key == "type" { type = value } else { values.append((key, value)) }
    }

    /// Sets what was not set.
    mutating func setDefault(_ key: ByteString, _ value: ByteString) {
        if !values.contains(where: { $0.key == key }) { values.append((key, value)) }
    }

    // MARK: Types

    mutating func folder() throws(UsageError) -> ByteString {
        try takeFilesKeys()
        if let mode = take("mode"), mode != "copy" { throw notSupported("mode", mode) }
        guard let path = take("dest"), !path.isEmpty, path != "-" else {
            throw malformed("type=local needs dest=FOLDER")
        }
        return path
    }

    /// Nil is standard output.
    mutating func destination() throws(UsageError) -> ByteString? {
        try takeFilesKeys()
        return take("dest").flatMap { $0 == "-" || $0.isEmpty ? nil : $0 }
    }

    /// What says where attestations go, and how the files of several platforms are told apart: there is one platform, and
    /// no attestation.
    private mutating func takeFilesKeys() throws(UsageError) {
        _ = take("attestation-prefix")
        _ = try takeBool("platform-split")
    }

    mutating func layout(_ form: BuildRequest.LayoutOutput.Form) throws(UsageError) -> BuildRequest.LayoutOutput {
        let path = take("dest").flatMap { $0 == "-" || $0.isEmpty ? nil : $0 }
        var layout = BuildRequest.LayoutOutput(destination: path, form: form)
        layout.isTar = try takeBool("tar") ?? true
        layout.names = try names()
        // As buildx has it: an archive for Docker is in Docker's own types.
        layout.settings = try settings(usesOCITypes: form == .oci)
        if path == nil, !layout.isTar { throw malformed("with tar=false it needs dest=FOLDER") }
        return layout
    }

    mutating func image() throws(UsageError) -> BuildRequest.ImageOutput {
        _ = take("dest")
        var image = BuildRequest.ImageOutput(names: try names())
        image.isPushed = try takeBool("push") ?? false
        image.isPushedByDigest = try takeBool("push-by-digest") ?? false
        image.isInsecure = try takeBool("registry.insecure") ?? false
        image.isStored = try takeBool("store") ?? true
        // What is in the store is unpacked when a step needs it.
        _ = try takeBool("unpack")
        image.settings = try settings(usesOCITypes: true)
        return image
    }

    /// Several names stand in one quoted field: `"name=a,b"`.
    private mutating func names() throws(UsageError) -> [Reference] {
        var names: [Reference] = []
        for name in (take("name") ?? "").split(separator: UInt8(ascii: ",")) where !name.isEmpty {
            do { names.append(try Reference(name)) } catch { throw malformed(error.message) }
        }
        return names
    }

    private mutating func settings(usesOCITypes: Bool) throws(UsageError) -> BuildRequest.ImageSettings {
        var settings = BuildRequest.ImageSettings()
        if let name = take("compression") {
            if name == "estargz" {
                throw .notSupported("\(OutputOption.flag) compression=estargz", instead: "zstd and gzip are there")
            }
            guard let compression = BuildRequest.Compression(rawValue: name.text) else {
                throw malformed("compression is gzip, zstd or uncompressed")
            }
            settings.compression = compression
        }
        if let level = take("compression-level") {
            let range = settings.compression == .zstd ? 0...22 : 0...9
            guard let number = Int(level.text), range.contains(number) else {
                throw malformed("compression-level is \(range.lowerBound) to \(range.upperBound)")
            }
            settings.compressionLevel = number
        }
        settings.forcesCompression = try takeBool("force-compression") ?? false
        settings.usesOCITypes = try takeBool("oci-mediatypes") ?? usesOCITypes
        settings.rewritesTimes = try takeBool("rewrite-timestamp") ?? false
        // They say how attestations are kept, of which there are none.
        _ = try takeBool("oci-artifact")
        for (key, value) in values where key.hasPrefix("annotation") && key.bytes.contains(UInt8(ascii: ".")) {
            guard let annotation = try AnnotationOption(attribute: key, value, in: text) else { continue }
            settings.annotations.append(annotation.annotation)
            _ = take(key)
        }
        return settings
    }

    // MARK: Keys

    /// What buildx knows of and this program does not.
    private static let otherKeys: Set<ByteString> = [
        "buildinfo", "buildinfo-attrs", "attestation-prefix", "context", "danglingname-prefix", "dangling-name-prefix",
        "name-canonical", "push-by-digest", "prefer-nondist-layers", "unpack", "store", "push", "registry.insecure",
        "platform-split", "mode", "name", "compression", "compression-level", "force-compression", "oci-mediatypes",
        "oci-artifact", "rewrite-timestamp", "tar", "dest",
    ]

    func checkNothingLeft() throws(UsageError) {
        guard let left = values.first else { return }
        guard OutputAttributes.otherKeys.contains(left.key) || left.key.hasPrefix("annotation") else {
            throw malformed("there is no \"\(left.key.escaped)\" for type=\(type?.escaped ?? "")")
        }
        throw notSupported(left.key, left.value)
    }

    private func notSupported(_ key: ByteString, _ value: ByteString) -> UsageError {
        .notSupported(
            "\(OutputOption.flag) type=\(type?.escaped ?? "") with \(key.escaped)=\(value.escaped)",
            instead: nil
        )
    }

    /// The last value of a key wins.
    private mutating func take(_ key: ByteString) -> ByteString? {
        let found = values.last { $0.key == key }?.value
        values.removeAll { $0.key == key }
        return found
    }

    private mutating func takeBool(_ key: ByteString) throws(UsageError) -> Bool? {
        guard let value = take(key) else { return nil }
        if DockerFlag.trueWords.contains(value) { return true }
        guard DockerFlag.falseWords.contains(value) else { throw malformed("\(key.escaped) is true or false") }
        return false
    }

    private func malformed(_ reason: String) -> UsageError { OutputOption.malformed(text, reason) }
}
