internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension Web {
    /// What a failure below HTTP means: ``Setback`` where another try may help, else `RegistryError`.
    ///
    /// Texts of the packages below are not shown: some of theirs repeat header values.
    func failure(_ error: any Error, of subject: RegistrySubject, at origin: Origin) -> any Error {
        if Task.isCancelled { return CancellationError() }
        switch error {
        case is RegistryError, is SettingsError, is CancellationError, is Setback: return error
        case let error as ContentFailure: return error.underlying
        case let error as NIOSSLError: return tlsFailure(error, subject, origin)
        case let error as NIOConnectionError: return connectFailure(error, subject, origin)
        case let error as HTTPClientError: return clientFailure(error, subject)
        case let error as IOError: return ioFailure(error, subject, origin)
        case HTTPParserError.invalidEOFState: return cut("the connection was cut", subject)
        case is HTTPParserError: return cut("the answer is not HTTP", subject)
        case is BodyReader.TooSlow: return cut("the answer came too slowly", subject)
        case is NIOSSLExtraError:
            return RegistryError.untrustedCertificate(
                subject,
                host: origin.authority,
                reason: "it is for another host"
            )
        default: return cut("the connection broke (\(type(of: error)))", subject)
        }
    }

    private func cut(_ reason: String, _ subject: RegistrySubject) -> Setback {
        Setback(reason: reason) { tries in
            .interrupted(subject, reason: reason, received: nil, total: nil, tries: tries)
        }
    }

    private func noConnection(_ reason: String, _ subject: RegistrySubject) -> Setback {
        Setback(reason: reason) { tries in .unreachable(subject, reason: reason, tries: tries) }
    }

    private func clientFailure(_ error: HTTPClientError, _ subject: RegistrySubject) -> any Error {
        switch error {
        case .readTimeout: return cut("the other side fell silent", subject)
        case .writeTimeout: return cut("nothing could be sent for too long", subject)
        case .remoteConnectionClosed, .requestStreamCancelled: return cut("the connection was cut", subject)
        case .connectTimeout, .getConnectionFromPoolTimeout:
            return noConnection("no answer to the attempt to connect", subject)
        case .tlsHandshakeTimeout: return noConnection("the TLS handshake took too long", subject)
        case .httpProxyHandshakeTimeout, .invalidProxyResponse:
            return noConnection("the proxy does not connect to it", subject)
        case .proxyAuthenticationRequired:
            return RegistryError.unreachable(subject, reason: "the proxy wants a user name and password", tries: 1)
        case .alreadyShutdown: return RegistryError.closed
        case .cancelled: return CancellationError()
        default: return cut("the exchange failed (\(error.shortDescription))", subject)
        }
    }

    private func connectFailure(
        _ error: NIOConnectionError,
        _ subject: RegistrySubject,
        _ origin: Origin
    ) -> any Error {
        if let first = error.connectionErrors.first {
            guard let failed = first.error as? IOError else { return noConnection("no connection", subject) }
            return ioFailure(failed, subject, origin)
        }
        let reason = "the host \(origin.host) is not known"
        guard hasAnswered(origin) else { return RegistryError.unreachable(subject, reason: reason, tries: 1) }
        return noConnection(reason, subject)
    }

    private func ioFailure(_ error: IOError, _ subject: RegistrySubject, _ origin: Origin) -> any Error {
        switch error.errnoCode {
        case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH:
            let reason = error.errnoCode == ECONNREFUSED ? "connection refused" : "no way to that network"
            guard hasAnswered(origin) else { return RegistryError.unreachable(subject, reason: reason, tries: 1) }
            return noConnection(reason, subject)
        case ECONNRESET: return cut("the connection was reset", subject)
        case EPIPE: return cut("the connection was cut", subject)
        case ETIMEDOUT: return noConnection("no answer to the attempt to connect", subject)
        default: return cut("the connection broke (errno \(error.errnoCode))", subject)
        }
    }

    private func tlsFailure(_ error: NIOSSLError, _ subject: RegistrySubject, _ origin: Origin) -> any Error {
        switch error {
        case .handshakeFailed(let inner):
            // BoringSSL's reasons are known by their names in its texts only.
            let text = String(describing: inner)
            let host = origin.authority
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                let reason = "no authority that is known here vouches for it"
                return RegistryError.untrustedCertificate(subject, host: host, reason: reason)
            }
            if ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains(where: text.contains) {
                return RegistryError.notTLS(subject, host: host)
            }
            if text.contains("ALERT") {
                return RegistryError.unreachable(subject, reason: "the TLS handshake was refused", tries: 1)
            }
            return noConnection("the TLS handshake failed", subject)
        case .unableToValidateCertificate, .noCertificateToValidate:
            let reason = "it is for another host"
            return RegistryError.untrustedCertificate(subject, host: origin.authority, reason: reason)
        case .uncleanShutdown: return cut("the connection was cut", subject)
        default: return cut("the encrypted connection broke", subject)
        }
    }
}
