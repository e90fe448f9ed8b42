public import Bytes

/// Where an image is that is to be looked into, as people name it.
///
/// ```swift
/// let layers = try await engine.layers(of: ImageLocation("app:1"))
/// let others = try await engine.layers(of: ImageLocation("./app.tar"))
/// ```
public enum ImageLocation: Sendable, Hashable {
    /// A name or an id of the store; where the store has none, a file or folder of that path.
    case named(ByteString)
    /// A folder with an image layout, or an archive of any kind, and which of its images: a name, a tag or a digest.
    ///
    /// Without one it is the only image, or the one with the tag `latest`. The path `-` is standard input.
    case archive(ByteString, image: ByteString?)

    /// Reads a word of a command line: `archive:PATH[:IMAGE]` (also with the words of skopeo: `oci:`, `oci-archive:`,
    /// `docker-archive:`, and `oci-layout://`), a path that starts with `/` or `.`, `-`, or else a name.
    public init(_ text: ByteString) {
        let schemes: [ByteString] = ["archive:", "oci-layout://", "oci-archive:", "docker-archive:", "oci:"]
        if let scheme = schemes.first(where: text.hasPrefix) {
            let rest = text.bytes.dropFirst(scheme.count)
            // The first colon ends the path, as with skopeo: names have colons of their own.
            let end = rest.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") } ?? rest.endIndex
            let image = end < rest.endIndex ? ByteString(Array(rest[(end + 1)...])) : nil
            self = .archive(ByteString(Array(rest[..<end])), image: image)
        } else if text.hasPrefix("/") || text.hasPrefix(".") || text == "-" {
            self = .archive(text, image: nil)
        } else {
            self = .named(text)
        }
    }
}
