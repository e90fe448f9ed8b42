internal import Bytes
internal import NIOSSL
internal import Synchronization

/// Whom each host's certificate is checked against, and what this side shows for itself.
///
/// Made once for each host: connections are shared between requests whose configurations are equal.
final class TLSConfigurations: Sendable {
    private let surroundings: Surroundings
    private let made = Mutex<[Origin: TLSConfiguration]>([:])

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// - Throws: `RegistryError.unusableTLSFile` for a file that is named and cannot be read.
    func configuration(for origin: Origin) throws(RegistryError) -> TLSConfiguration {
        if let known = made.withLock({ $0[origin] }) { return known }
        let fresh = try make(for: origin)
        made.withLock { $0[origin] = fresh }
        return fresh
    }

    private func make(for origin: Origin) throws(RegistryError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if surroundings.isInsecure(origin) { configuration.certificateVerification = .none }
        let environment = surroundings.settings.environment
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty {
            configuration.trustRoots = .certificates(try TLSConfigurations.certificates(in: file))
        }
        return configuration
    }

    /// All certificates of a PEM file.
    static func certificates(in path: ByteString) throws(RegistryError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path.text)
        } catch {
            throw .unusableTLSFile(path: path, reason: "it holds no certificates in PEM form, or cannot be read")
        }
    }
}
