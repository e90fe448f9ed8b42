package import Bytes

/// A line of a step's /etc/hosts (`--add-host`).
package struct ExtraHost: Sendable, Hashable {
    package var name: ByteString
    /// An IPv4 or IPv6 address as inet_ntop(3) writes it.
    package var address: ByteString

    package init(name: ByteString, address: ByteString) {
        self.name = name
        self.address = address
    }
}
