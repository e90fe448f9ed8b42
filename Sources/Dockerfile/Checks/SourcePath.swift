import Bytes

/// Paths of sources in a context.
enum SourcePath {
    /// The last part of a path; empty for none.
    static func name(_ path: ByteString) -> ByteString {
        path.split(separator: Byte.slash).last { !$0.isEmpty } ?? ByteString()
    }
}
