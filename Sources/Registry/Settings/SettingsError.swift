package import Bytes
package import Linux

/// What the user's files, environment and credential helpers say that cannot be followed.
///
/// No case holds a secret: values of variables and entries of files that may hold one are not repeated.
package enum SettingsError: DescribedError, Sendable, Hashable {
    case unreadable(ByteString, SystemError)
    case notWritten(ByteString, SystemError)
    /// A file that a variable names and that is not there.
    case missingFile(ByteString, variable: String)
    /// A settings file that is no plain file.
    case notAFile(ByteString)
    case tooLarge(ByteString, limit: Int)
    /// A file that is not what it should be.
    /// - `reason`: what is wrong, and on which line or in which entry.
    case malformedFile(ByteString, reason: String)
    /// A registry's entry that holds a bearer token of its own, which is not supported.
    case registryToken(ByteString, registry: String)
    /// Neither DOCKER_CONFIG nor HOME says where credentials are kept.
    case noPlaceForCredentials
    /// A credential that cannot be kept so that it is read back.
    case unstorableCredential(reason: String)
    case malformedHost(ByteString)
    /// A variable of the environment; its value is not shown, as it may hold a password.
    case malformedVariable(ByteString, reason: String)

    /// The name of a credential helper has bytes that are in no program's name.
    case malformedHelperName(ByteString, file: ByteString)
    case helperMissing(String)
    case helperFailed(String, reason: String)
    case helperAnswer(String, reason: String)
    case helperNotRun(String, HelperProcessError)

    case registryBlocked(name: String, file: ByteString)
    /// A name that a rule of registries.conf rewrites to one that is no image's.
    case rewrittenName(String, to: String)

    /// A client certificate without its key, or a key without its certificate.
    case missingPartner(ByteString, wanted: ByteString)
}

extension SettingsError {
    package var message: String {
        switch self {
        case .unreadable(let path, let error): "\(path.escaped) cannot be read: \(error.reason)"
        case .notWritten(let path, let error): "\(path.escaped) cannot be written: \(error.message)"
        case .missingFile(let path, let variable): "\(path.escaped), which \(variable) names, is not there"
        case .notAFile(let path): "\(path.escaped) is not a file"
        case .tooLarge(let path, let limit): "\(path.escaped) is larger than \(limit >> 20) MiB"
        case .malformedFile(let path, let reason): "\(path.escaped): \(reason)"
        case .registryToken(let path, let registry):
            "\(path.escaped): the entry for \(registry) is a registrytoken, which is not supported"
        case .noPlaceForCredentials: "there is no place for credentials: neither DOCKER_CONFIG nor HOME is set"
        case .unstorableCredential(let reason): "this credential cannot be stored: \(reason)"
        case .malformedHost(let host): "`\(host.escaped)` is not a registry's host"
        case .malformedVariable(let name, let reason): "the value of \(name.escaped) is malformed: \(reason)"
        case .malformedHelperName(let name, let file):
            "\(file.escaped): `\(name.escaped)` cannot be the name of a credential helper"
        case .helperMissing(let name): "the credential helper \(name) is not on PATH"
        case .helperFailed(let name, let reason): "the credential helper \(name) failed: \(reason)"
        case .helperAnswer(let name, let reason):
            "the answer of the credential helper \(name) makes no sense: \(reason)"
        case .helperNotRun(let name, let error): "the credential helper \(name): \(error.message)"
        case .registryBlocked(let name, let file): "\(name) is blocked by \(file.escaped)"
        case .rewrittenName(let name, let result):
            "registries.conf makes `\(ByteString(result).escaped)` of \(name), which is not an image's name"
        case .missingPartner(let path, let wanted): "\(path.escaped) needs \(wanted.escaped) beside it"
        }
    }

    package var remedy: String? {
        switch self {
        case .unreadable(_, let error), .notWritten(_, let error): error.remedy
        case .notAFile, .tooLarge, .malformedFile: "correct the file, or move it away"
        case .registryToken: "log in with a user name and a password"
        case .noPlaceForCredentials: "set HOME, or DOCKER_CONFIG to a folder"
        case .malformedHost: "write a host, or a host and a port, without a scheme"
        case .missingFile, .malformedVariable, .unstorableCredential: nil
        case .malformedHelperName: "name the part after `docker-credential-`"
        case .helperMissing(let name): "install \(name), or take it out of credsStore and credHelpers in config.json"
        case .helperFailed, .helperAnswer: "run it by hand: `echo REGISTRY | PROGRAM get`"
        case .helperNotRun(_, let error): error.remedy
        case .registryBlocked: "take the image from another registry, or change that file"
        case .rewrittenName: "check location and prefix of the rule"
        case .missingPartner: "a client certificate is a pair of NAME.cert and NAME.key"
        }
    }
}

extension SettingsError: CustomStringConvertible {
    package var description: String { message }
}
