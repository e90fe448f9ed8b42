/// An extended attribute: its full name with the namespace (`user.x`, `security.capability`) and its value.
public struct Xattr: Hashable, Sendable {
    /// With its namespace.
    public var name: ByteString
    /// Any bytes.
    public var value: ByteString

    /// An attribute of that name and value.
    public init(name: ByteString, value: ByteString) {
        self.name = name
        self.value = value
    }
}
