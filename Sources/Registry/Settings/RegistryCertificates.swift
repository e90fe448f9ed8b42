package import Bytes
internal import Linux

/// Where the certificates for TLS with registries are: paths only.
///
/// A folder named for the host and its port (`certs.d/registry.example:5000/`) holds authorities (`*.crt`) and the client's
/// own pairs (`NAME.cert` with `NAME.key`).
package struct RegistryCertificates: Sendable {
    /// What holds for one registry.
    package struct Files: Sendable, Hashable {
        /// Authorities to trust besides those of the system.
        package let authorities: [ByteString]
        package let clients: [ClientPair]
    }

    /// A client's certificate and its key.
    package struct ClientPair: Sendable, Hashable {
        package let certificate: ByteString
        package let key: ByteString
    }

    private let folders: [ByteString]
    /// SSL_CERT_FILE: authorities to trust in place of the system's file.
    package let authorityFile: ByteString?
    /// SSL_CERT_DIR: folders of authorities to trust in place of the system's.
    package let authorityFolders: [ByteString]

    /// - Parameters:
    ///   - environment: HOME, SSL_CERT_FILE and SSL_CERT_DIR.
    ///   - folders: the folders of all registries; those of the tools and the user's own without it.
    package init(environment: [ByteString: ByteString], folders: [ByteString]? = nil) {
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.config/containers/certs.d" }
        self.folders = folders ?? ["/etc/docker/certs.d", "/etc/containers/certs.d"] + (home.map { [$0] } ?? [])
        authorityFile = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let list = environment["SSL_CERT_DIR"] ?? ""
        authorityFolders = list.split(separator: UInt8(ascii: ":")).filter { !$0.isEmpty }
    }

    /// The certificates for a registry, from all folders that have some.
    ///
    /// - Parameter host: the host, with its port where the name of the image has one.
    /// - Returns: paths, sorted by name within a folder.
    /// - Throws: `SettingsError` for a text that is no host, an unreadable folder, and half a pair.
    package func files(for host: String) throws -> Files {
        _ = try RegistryHost(host)
        var authorities: [ByteString] = []
        var clients: [ClientPair] = []
        for folder in folders {
            let path = folder + "/" + ByteString(host)
            let names = try SettingsFile.names(in: path, endings: [".crt", ".cert", ".key"])
            for name in names {
                if name.hasSuffix(".crt") {
                    authorities.append(path + "/" + name)
                } else {
                    let isKey = name.hasSuffix(".key")
                    let stem = ByteString(Array(name.bytes.dropLast(isKey ? 4 : 5)))
                    let partner = stem + (isKey ? ".cert" : ".key")
                    guard names.contains(partner) else {
                        throw SettingsError.missingPartner(path + "/" + name, wanted: partner)
                    }
                    if isKey { continue }
                    clients.append(ClientPair(certificate: path + "/" + name, key: path + "/" + partner))
                }
            }
        }
        return Files(authorities: authorities, clients: clients)
    }
}
