internal import BuildEngine
internal import Bytes
internal import OCI

/// One `--build-context NAME=VALUE`.
struct NamedContextOption {
    /// The name as FROM and `--from` look it up: in lower case, as short as it can be written.
    let name: ByteString
    /// What it stands for.
    let context: BuildRequest.NamedContext

    private static let flag = "--build-context"

    /// - Throws: `UsageError` for a value that is malformed, or of a kind that is not supported.
    init(_ text: ByteString) throws(UsageError) {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw .malformed(flag: Self.flag, value: text, reason: "it is NAME=VALUE")
        }
        name = try Self.name(ByteString(Array(parts[0])), in: text)
        context = try Self.context(ByteString(Array(parts[1])), in: text)
    }

    /// `docker.io/library/alpine:latest` is `alpine`: images and contexts meet under one name.
    private static func name(_ given: ByteString, in text: ByteString) throws(UsageError) -> ByteString {
        let lowered = ByteString(given.bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
        do {
            let familiar = try Reference(lowered).familiar
            let latest = ":latest"
            return ByteString(familiar.hasSuffix(latest) ? String(familiar.dropLast(latest.count)) : familiar)
        } catch {
            throw .malformed(flag: flag, value: text, reason: "its name is that of no image or stage: \(error.message)")
        }
    }

    private static func context(
        _ value: ByteString,
        in text: ByteString
    ) throws(UsageError) -> BuildRequest.NamedContext {
        if let folder = value.dropping("oci-layout://") { return try layout(folder, in: text) }
        if let image = value.dropping("docker-image://") {
            guard !image.isEmpty else { throw .malformed(flag: flag, value: text, reason: "it names no image") }
            return .image(image)
        }
        if value.hasPrefix("target:") {
            throw .notSupported("\(flag) with a target of bake", instead: nil)
        }
        if value.hasPrefix("local:") || value.hasPrefix("input:") {
            throw .notSupported("\(flag) with \(value.escaped)", instead: "name the folder by its path")
        }
        if value == "-" { throw .notSupported("\(flag) from standard input", instead: "unpack it into a folder") }
        if let kind = RemoteLocation.kind(of: value) {
            throw .notSupported("\(flag) from \(kind)", instead: "fetch it into a folder and name that")
        }
        return .folder(value)
    }

    /// `DIR`, `DIR:TAG` or `DIR@DIGEST`; a colon in a folder's name is one if a slash follows it.
    private static func layout(
        _ value: ByteString,
        in text: ByteString
    ) throws(UsageError) -> BuildRequest.NamedContext {
        let (named, digestText) = value.cut(atLast: UInt8(ascii: "@"))
        var digest: Digest?
        if let digestText {
            do { digest = try Digest(digestText) } catch {
                throw .malformed(flag: flag, value: text, reason: error.message)
            }
        }
        let (folder, tag) = named.cut(atLast: UInt8(ascii: ":"))
        guard tag?.isEmpty != true else { throw .malformed(flag: flag, value: text, reason: "the tag is empty") }
        guard !folder.isEmpty else { throw .malformed(flag: flag, value: text, reason: "it names no folder") }
        return .layout(folder: folder, tag: tag, digest: digest)
    }
}

extension ByteString {
    /// The bytes before the last `mark`, and those after it if no slash is among them.
    fileprivate func cut(atLast mark: UInt8) -> (ByteString, ByteString?) {
        guard let position = bytes.lastIndex(of: mark), !bytes[position...].contains(UInt8(ascii: "/")) else {
            return (self, nil)
        }
        return (ByteString(Array(bytes[..<position])), ByteString(Array(bytes[(position + 1)...])))
    }

    /// What follows a prefix; nil where it does not begin so.
    fileprivate func dropping(_ prefix: ByteString) -> ByteString? {
        hasPrefix(prefix) ? ByteString(Array(bytes.dropFirst(prefix.count))) : nil
    }
}
