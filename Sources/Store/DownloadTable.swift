internal import Bytes
internal import Glibc
package import OCI

/// What files of the web were when they were last downloaded: their content, and how their server tells whether it is
/// still that.
///
/// A row never stands for asking: it only makes the answer short.
package final class DownloadTable: Sendable {
    private let index: IndexDatabase
    private let writes: BufferedWrites

    init(index: IndexDatabase, writes: BufferedWrites) {
        self.index = index
        self.writes = writes
    }

    /// A file as it came.
    package struct Row: Sendable, Hashable {
        /// The blob with its content, which may be gone.
        package var digest: Digest
        /// The server's headers `ETag` and `Last-Modified`.
        package var etag: String?
        package var modified: String?
        /// Whether `modified` tells versions of the file apart.
        package var comparesTime: Bool

        package init(digest: Digest, etag: String?, modified: String?, comparesTime: Bool) {
            self.digest = digest
            self.etag = etag
            self.modified = modified
            self.comparesTime = comparesTime
        }
    }

    /// What a request got last; `request` is a hash of all that decides what it gets.
    package func find(_ request: ContentHash) throws(StoreError) -> Row? {
        try index.read("looking up a download") { session in
            try session.first(
                "SELECT digest, etag, modified, compares_time FROM downloads WHERE request = ?",
                .hash(request)
            ) {
                try Row($0)
            }
        }
    }

    /// A download of that content, whatever was asked for; the latest of several.
    package func find(_ digest: Digest) throws(StoreError) -> Row? {
        try index.read("looking up a download") { session in
            try session.first(
                """
                SELECT digest, etag, modified, compares_time FROM downloads WHERE digest = ?
                ORDER BY stored DESC LIMIT 1
                """,
                .digest(digest)
            ) { try Row($0) }
        }
    }

    /// Notes what a request got, in place of what it got before.
    package func put(_ row: Row, for request: ContentHash) throws(StoreError) {
        try writes.write("storing a download") { session in
            try session.run(
                """
                INSERT INTO downloads (request, digest, etag, modified, compares_time, stored) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (request) DO UPDATE SET digest = excluded.digest, etag = excluded.etag,
                    modified = excluded.modified, compares_time = excluded.compares_time, stored = excluded.stored
                """,
                .hash(request),
                .digest(row.digest),
                row.etag.map { .text($0) } ?? .null,
                row.modified.map { .text($0) } ?? .null,
                .flag(row.comparesTime),
                .integer(Int64(time(nil)))
            )
        }
    }
}

extension DownloadTable.Row {
    fileprivate init(_ row: IndexRow) throws {
        self.init(
            digest: try row.digest(0),
            etag: row.isNull(1) ? nil : try row.text(1),
            modified: row.isNull(2) ? nil : try row.text(2),
            comparesTime: try row.flag(3)
        )
    }
}
