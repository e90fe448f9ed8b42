package import Bytes

/// A `RUN --mount` as written: options whose values may hold variables.
///
/// Types and limits are checked when the values are known, as BuildKit does: see `resolved(expanding:)`.
package struct MountFlag: Sendable, Hashable {
    /// The flag's value as written.
    package let text: ByteString
    /// The options in order.
    package let options: [Option]

    /// One field of the comma-separated list.
    package struct Option: Sendable, Hashable {
        /// The key in lower case.
        package let key: String
        /// What follows `=`; nil for a bare word such as `ro`.
        package let value: ByteString?
        /// The field as written.
        package let field: ByteString
    }
}

/// A `RUN --mount` with its options expanded and checked.
package struct RunMount: Sendable, Hashable {
    /// `type`, `bind` without one.
    package var type: MountType = .bind
    /// `from`: a stage, named context or image.
    package var from: ByteString?
    /// `source` or `src`.
    package var source: ByteString?
    /// `target`, `dst` or `destination`.
    package var target: ByteString?
    /// Whether the step may not write: by default true but for `cache` and `tmpfs`.
    package var isReadOnly = true
    /// `size` of a tmpfs in bytes; 0 for no limit.
    package var size: Int64 = 0
    /// `id`, of cache, secret and ssh mounts.
    package var id: ByteString?
    /// `sharing` of a cache mount; nil means `shared`.
    package var sharing: CacheSharing?
    /// `required`, of secret and ssh mounts.
    package var isRequired = false
    /// `env`: the variable that gets a secret; empty asks for the default name.
    package var environmentName: ByteString?
    /// `mode`.
    package var mode: UInt32?
    /// `uid`.
    package var userID: UInt32?
    /// `gid`.
    package var groupID: UInt32?

    /// A bind mount without options.
    package init() {}

    /// The kinds of mounts.
    package enum MountType: String, Sendable, Hashable, CaseIterable {
        case bind, cache, tmpfs, secret, ssh
    }

    /// Who may use a cache mount at the same time.
    package enum CacheSharing: String, Sendable, Hashable, CaseIterable {
        case shared, `private`, locked
    }
}
