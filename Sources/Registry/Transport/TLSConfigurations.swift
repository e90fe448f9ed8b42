internal import Bytes
internal import Linux
internal import NIOSSL
internal import Synchronization

/// Whom each host's certificate is checked against, and what this side shows for itself.
///
/// Made once for each host: connections are shared between requests whose configurations are equal.
final class TLSConfigurations: Sendable {
    private let surroundings: Surroundings
    private let made = Mutex<[Origin: TLSConfiguration]>([:])

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// - Throws: `RegistryError.unusableTLSFile` for a file that is named and cannot be read; `SettingsError`.
    func configuration(for origin: Origin) throws -> TLSConfiguration {
        if let known = made.withLock({ $0[origin] }) { return known }
        let fresh = try make(for: origin)
        made.withLock { $0[origin] = fresh }
        return fresh
    }

    private func make(for origin: Origin) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if try surroundings.isInsecure(origin) { configuration.certificateVerification = .none }
        try setSystemAuthorities(&configuration)
        for name in TLSConfigurations.folderNames(origin) {
            let files = try surroundings.certificates.files(for: name)
            let authorities = try files.authorities.flatMap { try TLSConfigurations.certificates(in: $0) }
            if !authorities.isEmpty { configuration.additionalTrustRoots.append(.certificates(authorities)) }
            guard let pair = files.clients.first else { continue }
            configuration.certificateChain = try TLSConfigurations.certificates(in: pair.certificate)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try TLSConfigurations.key(in: pair.key))
        }
        return configuration
    }

    /// A file or folders of the environment stand in for the system's file or folder, as OpenSSL has it; the other of
    /// the two stays.
    private func setSystemAuthorities(_ configuration: inout TLSConfiguration) throws(RegistryError) {
        let certificates = surroundings.certificates
        guard certificates.authorityFile != nil || !certificates.authorityFolders.isEmpty else { return }
        var named: [NIOSSLCertificate] = []
        if let file = certificates.authorityFile { named += try TLSConfigurations.certificates(in: file) }
        for folder in certificates.authorityFolders { named += TLSConfigurations.certificates(below: folder) }
        if certificates.authorityFile != nil, !certificates.authorityFolders.isEmpty {
            configuration.trustRoots = .certificates(named)
        } else {
            configuration.additionalTrustRoots.append(.certificates(named))
        }
    }

    /// The names that a host's folder of certificates may have.
    private static func folderNames(_ origin: Origin) -> [String] {
        let host = origin.host.contains(":") ? "[\(origin.host)]" : origin.host
        let hub = host == Web.apiHost("docker.io") ? ["docker.io"] : []
        return (origin.port == 443 ? [host] : []) + ["\(host):\(origin.port)"] + hub
    }

    /// All certificates of a PEM file.
    private static func certificates(in path: ByteString) throws(RegistryError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path.text)
        } catch {
            throw .unusableTLSFile(path: path, reason: "it holds no certificates in PEM form, or cannot be read")
        }
    }

    /// All certificates of a folder's files; what is none is left out, as OpenSSL does.
    private static func certificates(below folder: ByteString) -> [NIOSSLCertificate] {
        let names = (try? SettingsFile.names(in: folder, endings: [""])) ?? []
        return names.flatMap { (try? NIOSSLCertificate.fromPEMFile((folder + "/" + $0).text)) ?? [] }
    }

    private static func key(in path: ByteString) throws(RegistryError) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: path.text, format: .pem)
        } catch {
            throw .unusableTLSFile(path: path, reason: "it holds no private key in PEM form, or cannot be read")
        }
    }
}
