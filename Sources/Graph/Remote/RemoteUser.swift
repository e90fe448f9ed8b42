package import Bytes

/// Who a URL says is asking (RFC 3986 §3.2.1); every way to print it hides the password.
package struct RemoteUser: Sendable, Hashable {
    package let name: ByteString
    package let password: ByteString?

    package init(name: ByteString, password: ByteString?) {
        self.name = name
        self.password = password
    }

    /// Reads what stands before the `@`.
    init(_ text: ByteString) throws(MalformedURL) {
        let (name, password) = RemoteURL.cut(text, at: ":")
        self.name = try RemoteURL.decode(name, in: "user name")
        self.password = try password.map { text throws(MalformedURL) in try RemoteURL.decode(text, in: "password") }
    }
}

extension RemoteUser: CustomStringConvertible, CustomReflectable {
    package var description: String { "user \(name.escaped)" }

    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
