package import OCI

/// What a client tells while it works; a closure gets it on whatever thread the work is on and must not block.
///
/// No event carries a credential, a token or a query of an address.
package enum RegistryEvent: Hashable, Sendable {
    /// Which way bytes go.
    package enum Direction: Hashable, Sendable {
        case download
        case upload
    }

    /// A try failed in a way that another may not.
    ///
    /// - `what`: what was asked, such as `manifest latest`; - `attempt`: the number of the try that failed, from 1;
    ///   - `seconds`: how long it waits before the next.
    case retrying(what: String, host: String, reason: String, seconds: Double, attempt: Int)
    /// A mirror did not have what was asked, or did not answer; the next endpoint is asked.
    case skippedMirror(host: String, reason: String)
    /// The credential for a registry cannot be had, such as from a helper that is not installed; it is asked as anybody.
    case withoutCredential(registry: String, reason: String)
    /// A blob's bytes begin to move; `total` is its size in bytes.
    case began(Digest, Direction, total: Int64)
    /// So many bytes of a blob have moved so far; told each MiB.
    case transferred(Digest, Direction, bytes: Int64, of: Int64)
    /// All of a blob has moved and was verified.
    case finished(Digest, Direction)
    /// The registry took the blob over from another of its repositories.
    case mounted(Digest, from: String)
    /// The registry has the blob or the manifest already.
    case alreadyThere(Digest)
}
