internal import BuildEngine
internal import Bytes

/// One `--allow network.host|security.insecure|device[=NAME[,alias=ALIAS]]`, as buildx and BuildKit read it.
enum AllowOption: Equatable {
    case entitlement(BuildRequest.Entitlement)
    /// The name that a Dockerfile uses, and the device that is meant.
    case device(name: ByteString, ByteString)

    /// - Throws: `UsageError` for what cannot be allowed.
    init(_ text: ByteString) throws(UsageError) {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = ByteString(Array(parts[0]))
        let value = parts.count == 2 ? ByteString(Array(parts[1])) : ""
        if name == "device", !value.isEmpty {
            self = try Self.device(value, text)
        } else if name == "device" {
            self = .entitlement(.device)
        } else if name == "buildx.local.delete" {
            throw .notSupported("--allow \(name.text)", instead: nil)
        } else if let entitlement = BuildRequest.Entitlement(rawValue: text.text) {
            self = .entitlement(entitlement)
        } else {
            throw malformed(text, "it is network.host, security.insecure or device[=NAME]")
        }
    }

    private static func device(_ value: ByteString, _ text: ByteString) throws(UsageError) -> AllowOption {
        guard let fields = CommaFields.split(value), let device = fields.first, !device.isEmpty else {
            throw malformed(text, "it has no device")
        }
        var name = device
        for field in fields.dropFirst() {
            guard field.hasPrefix("alias=") else { throw malformed(text, "after the device comes alias=NAME") }
            name = ByteString(Array(field.bytes.dropFirst("alias=".utf8.count)))
        }
        return .device(name: name.isEmpty ? device : name, device)
    }
}

private func malformed(_ text: ByteString, _ reason: String) -> UsageError {
    .malformed(flag: "--allow", value: text, reason: reason)
}
