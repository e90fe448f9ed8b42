/// A file of the web that shall be downloaded, and what is known of it.
package struct WebFile: Sendable {
    /// An absolute http or https URL in ASCII, without user and fragment.
    package let url: String
    /// The same for people.
    package let shown: String
    /// What shows who is asking; it never leaves the origin of the URL.
    package var authorization: WebAuthorization?
    /// Of the content that is here: when that is still right, it does not come again.
    package var known: FileVersion?
    /// The most bytes that it may have.
    package var limit: Int64

    package init(url: String, shown: String, limit: Int64) {
        self.url = url
        self.shown = shown
        self.limit = limit
    }
}

/// The value of an `Authorization` header; no way to print it shows the secret.
package struct WebAuthorization: Sendable, Hashable {
    /// Never to be shown.
    package let header: String
    /// What a server could repeat of it, not to be shown either.
    let secrets: [String]

    /// A header as it is.
    package init(header: String) { self.init(header: header, secrets: []) }

    private init(header: String, secrets: [String]) {
        self.header = header
        self.secrets = [header] + header.split(separator: " ").dropFirst().map(String.init) + secrets
    }

    package static func bearer(_ token: String) -> WebAuthorization { WebAuthorization(header: "Bearer " + token) }

    package static func basic(username: String, password: String) -> WebAuthorization {
        // A name without a password is a token.
        let secret = password.isEmpty ? username : password
        let header = Authorization.basic(username: username, password: password).header
        return WebAuthorization(header: header, secrets: [secret, "\(username):\(password)"])
    }
}

extension WebAuthorization: CustomStringConvertible, CustomReflectable {
    package var description: String { "authorization" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// How a server tells one version of a file from another (RFC 9110 §8.8): its headers as they came.
package struct FileVersion: Sendable, Hashable {
    package var etag: String?
    package var modified: String?
    /// Whether `Last-Modified` tells versions apart: it counts seconds, so one of the second in which the file came, or
    /// shortly before, may stand for two of them (RFC 9110 §8.8.2.2).
    package var comparesTime: Bool

    package init(etag: String?, modified: String?, comparesTime: Bool = false) {
        self.etag = etag
        self.modified = modified
        self.comparesTime = comparesTime
    }

    /// Whether a server can be asked by it if its file is still this one.
    package var isComparable: Bool { etag != nil || comparesTime }

    /// Headers longer than this are not remembered.
    static let lengthLimit = 1024

    /// The `ETag`, where it says that bytes are equal and not only what they mean.
    var strongETag: String? { etag.flatMap { $0.hasPrefix("W/") ? nil : $0 } }

    /// Seconds since 1970 of `Last-Modified`; nil where there is none that can be read.
    package var modifiedSeconds: Int64? { modified.flatMap { HTTPDate.seconds($0) } }
}

/// What came of asking for a file.
package enum FileAnswer: Sendable, Hashable {
    /// The known version is still the right one; no content came.
    case unchanged
    /// The content is in the sink.
    case content(FileVersion)
}
