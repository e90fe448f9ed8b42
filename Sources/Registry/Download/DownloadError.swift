internal import Bytes

/// Why a file of the web could not be had; no case holds a user, a password or a query.
package enum DownloadError: DescribedError, Hashable, Sendable {
    case unusableURL(String)
    /// The server refused; `told` is what it says itself.
    case refused(url: String, status: Int, told: String, tries: Int)
    case unreachable(url: String, reason: String, tries: Int)
    case tooLarge(url: String, limit: Int64)
    /// The content has another checksum than it should.
    case wrongChecksum(url: String, expected: String, found: String)
    /// Anything else on the way, as registries have it, too.
    case failed(RegistryError)

    init(_ error: RegistryError, of file: WebFile) {
        switch error {
        case .noAccess(_, let status, let told, _):
            self = .refused(url: file.shown, status: status, told: told, tries: 1)
        case .answered(_, let status, let told, let tries):
            self = .refused(url: file.shown, status: status, told: told, tries: tries)
        case .unreachable(_, let reason, let tries):
            self = .unreachable(url: file.shown, reason: reason, tries: tries)
        case .tooLarge: self = .tooLarge(url: file.shown, limit: file.limit)
        default: self = .failed(error)
        }
    }

    package var message: String {
        func after(_ tries: Int) -> String { tries > 1 ? " (after \(tries) tries)" : "" }
        switch self {
        case .unusableURL(let url): return "\(url): this URL cannot be used"
        case .refused(let url, let status, let told, let tries):
            return "\(url): the server answered HTTP \(status)\(told.isEmpty ? "" : ": " + told)\(after(tries))"
        case .unreachable(let url, let reason, let tries): return "\(url): no connection\(after(tries)): \(reason)"
        case .tooLarge(let url, let limit): return "\(url): the file has more than \(limit) bytes"
        case .wrongChecksum(let url, let expected, let found):
            return "\(url): the content has the digest \(found) instead of \(expected)"
        case .failed(let error): return error.message
        }
    }

    package var remedy: String? {
        switch self {
        case .unusableURL: "check its host and port"
        case .refused(_, 401, _, _), .refused(_, 403, _, _):
            "give what it wants to see as a secret: --secret id=HTTP_AUTH_TOKEN_HOST or id=HTTP_AUTH_HEADER_HOST"
        case .refused(_, 404, _, _), .refused(_, 410, _, _): "check the URL"
        case .refused(_, 429, _, _), .refused(_, 500..., _, _): "try again later"
        case .refused: nil
        case .unreachable:
            "check the URL, the network and the proxy variables (HTTPS_PROXY, NO_PROXY); with --checksum a file that "
                + "was downloaded before needs no network"
        case .tooLarge: "take it in a RUN, or put it into the build context"
        case .wrongChecksum: "if the new content is right, write its digest into --checksum"
        case .failed(.notTLS): "if that is meant, write http://"
        case .failed(.untrustedCertificate): "name the certificate of its authority by SSL_CERT_FILE"
        case .failed(let error): error.remedy
        }
    }
}
