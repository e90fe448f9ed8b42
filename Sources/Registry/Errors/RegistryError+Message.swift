internal import Bytes
internal import OCI

extension RegistrySubject {
    /// `ghcr.io/team/app: manifest latest`.
    var text: String {
        let place = repository.isEmpty ? registry : registry + "/" + repository
        return asked.isEmpty ? place : place + ": " + asked
    }
}

extension RegistryError {
    /// One sentence for people, without a full stop.
    package var message: String {
        switch self {
        case .unreachable(let subject, let reason, let tries):
            "\(subject.text): no connection\(RegistryError.after(tries)): \(reason)"
        case .interrupted(let subject, let reason, let received, let total, let tries):
            "\(subject.text): \(reason)\(RegistryError.progress(received, total))\(RegistryError.after(tries))"
        case .untrustedCertificate(let subject, let host, let reason):
            "\(subject.text): the certificate of \(host) is not trusted: \(reason)"
        case .notTLS(let subject, let host): "\(subject.text): \(host) does not speak TLS"
        case .unusableTLSFile(let path, let reason): "\(path.escaped) cannot be used: \(reason)"
        case .unsupportedProxy(let host, let reason): "the proxy \(host) cannot be used: \(reason)"
        case .noAccess(let subject, let status, let told, _):
            "\(subject.text): not found or no access (\(RegistryError.answer(status, told)))"
        case .answered(let subject, let status, let told, let tries):
            "\(subject.text): the registry answered \(RegistryError.answer(status, told))\(RegistryError.after(tries))"
        case .refusedRedirect(let subject, let target, let reason):
            "\(subject.text): redirected to \(target), which is refused: \(reason)"
        case .malformedAnswer(let subject, let reason): "\(subject.text): the registry's answer \(reason)"
        case .tooLarge(let subject, let limit): "\(subject.text): the answer has more than \(limit) bytes"
        case .wrongDocument(let subject, let error): "\(subject.text): \(error.message)"
        case .wrongDigest(let subject, let expected, let found):
            "\(subject.text): the content has the digest \(found) instead of \(expected)"
        case .wrongSize(let subject, let digest, let expected, let isLonger):
            "\(subject.text): \(digest) is \(isLonger ? "longer" : "shorter") than the \(expected) bytes it should have"
        case .indexTooDeep(let subject, let limit):
            "\(subject.text): indexes stand inside each other more than \(limit) deep"
        case .unreadableContent(let digest, let reason): "the blob \(digest) cannot be read here: \(reason)"
        case .noSuchPlatform(let subject, let wanted, let available):
            "\(subject.text): there is no image for \(wanted)\(RegistryError.list(available))"
        case .credentialsRefused(let registry, let told):
            "\(registry) refuses the user name and password\(told.isEmpty ? "" : ": " + told)"
        case .untrustedTokenServer(let registry, let realm, let reason):
            "\(registry) names \(realm) as its token server, which would get the password: \(reason)"
        case .malformedToken(let registry, let reason): "the token server of \(registry) \(reason)"
        case .unsupportedAuthentication(let registry, let schemes):
            "\(registry) asks for a log-in that is not supported: \(schemes.joined(separator: ", "))"
        case .searchUnsupported(let registry): "\(registry) does not answer searches"
        case .closed: "the client was closed"
        }
    }

    /// What may help, where something is known to.
    package var remedy: String? {
        switch self {
        case .unreachable: "check the name of the registry, the network and the proxy variables (HTTPS_PROXY, NO_PROXY)"
        case .untrustedCertificate(_, let host, _):
            "put the certificate of its authority into /etc/docker/certs.d/\(host)/ca.crt or name it by SSL_CERT_FILE"
        case .notTLS(_, let host): "if that is meant, allow plain HTTP: --insecure-registry \(host)"
        case .unsupportedProxy: "name an HTTP proxy: http://host:port"
        case .noAccess(let subject, _, _, let isLoggedIn):
            isLoggedIn
                ? "check the name and what the account may do, or log in again: swift-build-image login \(subject.registry)"
                : "check the name, or log in: swift-build-image login \(subject.registry)"
        case .answered(_, 429, _, _): "the registry limits how often it may be asked; log in or try again later"
        case .answered(_, 500..., _, _), .interrupted: "try again later"
        case .wrongDigest, .wrongSize: "the registry or something on the way changes content; try another mirror"
        case .wrongDocument(_, let error): error.remedy
        case .noSuchPlatform: "choose one of them by --platform"
        case .credentialsRefused(let registry, _): "log in again: swift-build-image login \(registry)"
        case .untrustedTokenServer(_, let realm, _):
            "if that is right, allow it: SWIFT_BUILD_IMAGE_TOKEN_SERVERS=\(realm)"
        default: nil
        }
    }

    private static func after(_ tries: Int) -> String { tries > 1 ? " (after \(tries) tries)" : "" }

    private static func answer(_ status: Int, _ told: String) -> String {
        told.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(told)"
    }

    private static func progress(_ received: Int64?, _ total: Int64?) -> String {
        guard let received else { return "" }
        return " after \(received)\(total.map { " of \($0)" } ?? "") bytes"
    }

    private static func list(_ platforms: [Platform]) -> String {
        guard !platforms.isEmpty else { return "" }
        return ", only for " + platforms.prefix(16).map(\.description).joined(separator: ", ")
    }
}
