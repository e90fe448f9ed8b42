package import Bytes
package import OCI

/// One file of the web, as ADD names it: a tree with that file alone, 0600 and owned by root.
package struct HTTPSource: Sendable, Hashable {
    /// What is asked for: an absolute http or https URL in ASCII, without user and fragment.
    package var address: ByteString
    /// The same for people: without what may be a secret.
    package var shown: String
    /// The host without its port.
    package var host: ByteString
    package var user: RemoteUser?
    /// The name of the file in the tree: one component.
    package var fileName: ByteString
    /// `--checksum`: what the content must be; always SHA-256.
    package var checksum: Digest?

    package init(
        address: ByteString,
        shown: String,
        host: ByteString,
        user: RemoteUser? = nil,
        fileName: ByteString,
        checksum: Digest? = nil
    ) {
        self.address = address
        self.shown = shown
        self.host = host
        self.user = user
        self.fileName = fileName
        self.checksum = checksum
    }

    /// What a file gets as its name whose URL has no path.
    static let nameless: ByteString = "__unnamed__"
    /// What it gets where the last part of the path is no name of a file.
    static let unsafe: ByteString = "download"
    /// The longest name that file systems take.
    static let nameLimit = 255

    init(_ url: RemoteURL, checksum: Digest?) throws(MalformedURL) {
        let base = url.baseName ?? HTTPSource.nameless
        let isSafe = base != "." && base != ".." && base.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard base.count <= HTTPSource.nameLimit else {
            throw MalformedURL(
                reason: "the last part of its path, which names the file, has more than \(HTTPSource.nameLimit) bytes"
            )
        }
        self.init(
            address: url.address,
            shown: url.shown,
            host: url.hostName,
            user: url.user,
            fileName: isSafe ? base : HTTPSource.unsafe,
            checksum: checksum
        )
    }

    /// The word by which the file is read from its tree.
    var word: ByteString { LiteralWord.of("/" + fileName) }
}
