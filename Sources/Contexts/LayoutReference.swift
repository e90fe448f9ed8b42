package import Bytes
package import OCI

/// What `oci-layout://` names: `DIR`, `DIR:TAG`, `DIR@DIGEST` or `DIR:TAG@DIGEST`.
package struct LayoutReference: Hashable, Sendable {
    package var path: ByteString
    package var tag: ByteString?
    package var digest: Digest?

    /// The prefix by which a named context is a layout.
    package static let scheme: ByteString = "oci-layout://"

    /// Reads the text with or without its scheme.
    ///
    /// - Throws: `malformedLayoutReference` for an empty part or a digest that is none.
    package init(parsing text: ByteString) throws(ContextsError) {
        let start = text.hasPrefix(LayoutReference.scheme) ? LayoutReference.scheme.count : 0
        var rest = text.bytes[start...]
        if let at = rest.lastIndex(of: UInt8(ascii: "@")), !rest[at...].contains(UInt8(ascii: "/")) {
            do { digest = try Digest(ByteString(Array(rest[(at + 1)...]))) } catch {
                throw .malformedLayoutReference(text)
            }
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: UInt8(ascii: ":")), !rest[colon...].contains(UInt8(ascii: "/")) {
            tag = ByteString(Array(rest[(colon + 1)...]))
            rest = rest[..<colon]
        }
        path = ByteString(Array(rest))
        guard !path.isEmpty, tag?.isEmpty != true else { throw .malformedLayoutReference(text) }
    }
}
