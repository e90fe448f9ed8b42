package import Bytes
internal import OCI

/// All that an upper directory is, but for the bytes of its files: what a delta that is only packed keeps, so that the
/// upper directory can be made of its tar exactly, times to the nanosecond.
package struct UpperListing: Sendable {
    package var delta: Delta
    /// Of the upper directory itself, which the delta names only where they were changed.
    package var rootAttributes: Attributes
    package var rootModified: FileTime

    package init(delta: Delta, rootAttributes: Attributes, rootModified: FileTime) {
        self.delta = delta
        self.rootAttributes = rootAttributes
        self.rootModified = rootModified
    }

    private static let domain = "upper.listing.1"

    /// The listing as bytes, for ``init(encoded:)``.
    package var encoded: [UInt8] {
        var encoder = CanonicalEncoder(domain: UpperListing.domain)
        rootAttributes.encode(into: &encoder)
        rootModified.encode(into: &encoder)
        encoder.append(ByteString(delta.encoded))
        return encoder.bytes
    }

    /// Reads what ``encoded`` wrote.
    package init(encoded bytes: [UInt8]) throws(MalformedDirectoryObject) {
        var decoder = CanonicalDecoder(bytes)
        guard try decoder.text() == ByteString(UpperListing.domain) else {
            throw MalformedDirectoryObject(reason: "not a listing of version 1")
        }
        rootAttributes = try Attributes(from: &decoder)
        rootModified = try FileTime(from: &decoder)
        delta = try Delta(encoded: try decoder.text().bytes)
        guard decoder.isAtEnd else { throw MalformedDirectoryObject(reason: "bytes after the end") }
    }
}
