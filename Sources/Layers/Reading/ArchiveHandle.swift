internal import CArchive
internal import Glibc

/// A reader of libarchive over a ``ByteSource``.
///
/// One thread uses it.
///
/// Only the formats and filters that are named here are registered. The library turns names into the charset of the
/// locale, and changes some (NFD to NFC) when that is UTF-8; so it is always called under the locale "C", where it leaves
/// what is not ASCII as it is.
final class ArchiveHandle {
    let raw: OpaquePointer
    private let source: Source

    /// What the library's callback is given.
    private final class Source {
        let bytes: any ByteSource
        var failure: (any Error)?

        init(_ bytes: any ByteSource) { self.bytes = bytes }
    }

    enum Form {
        /// Only the packing is taken off.
        case filters
        /// A plain tar.
        case tar
    }

    init(_ form: Form, source: any ByteSource) throws(LayersError) {
        guard let raw = archive_read_new() else { throw .malformedArchive("out of memory") }
        self.raw = raw
        self.source = Source(source)
        switch form {
        case .filters:
            archive_read_support_filter_gzip(raw)
            archive_read_support_filter_bzip2(raw)
            archive_read_support_filter_xz(raw)
            archive_read_support_filter_zstd(raw)
            archive_read_support_format_raw(raw)
            archive_read_support_format_empty(raw)
        case .tar:
            archive_read_support_format_tar(raw)
            archive_read_support_format_empty(raw)
        }
    }

    deinit { archive_read_free(raw) }

    /// Starts to read.
    ///
    /// Looks at the first bytes.
    func open() throws {
        let client = Unmanaged.passUnretained(source).toOpaque()
        let code = ArchiveHandle.inLocaleC {
            archive_read_open2(
                raw,
                client,
                nil,
                { _, client, buffer in
                    guard let client, let buffer else { return -1 }
                    let source = Unmanaged<Source>.fromOpaque(client).takeUnretainedValue()
                    do {
                        let bytes = try source.bytes.next()
                        buffer.pointee = bytes.baseAddress
                        return bytes.count
                    } catch {
                        source.failure = source.failure ?? error
                        return -1
                    }
                },
                nil,
                nil
            )
        }
        try check(code)
    }

    /// Throws what a code of the library means: what the source threw, or the library's own words.
    func check(_ code: CInt) throws {
        if let failure = source.failure { throw failure }
        guard code != ARCHIVE_OK && code != ARCHIVE_WARN && code != ARCHIVE_EOF else { return }
        let text = archive_error_string(raw).map { String(cString: $0) }
        throw LayersError.malformedArchive(text ?? "error \(code)")
    }

    static func inLocaleC<Value>(_ body: () -> Value) -> Value {
        let before = uselocale(localeC)
        defer { _ = uselocale(before) }
        return body()
    }

    // The locale is made once and only read.
    nonisolated(unsafe) private static let localeC = newlocale(LC_ALL_MASK_VALUE, "C", nil)
}

/// LC_ALL_MASK, a macro of many parts: all categories, 0…12 without 6 (LC_ALL itself).
private let LC_ALL_MASK_VALUE: CInt = 0x1FBF
