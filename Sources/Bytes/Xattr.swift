/// An extended attribute: its full name with the namespace (`user.x`, `security.capability`) and its value.
public struct Xattr: Hashable, Sendable {
    public var name: ByteString
    public var value: ByteString

    public init(name: ByteString, value: ByteString) {
        self.name = name
        self.value = value
    }
}
