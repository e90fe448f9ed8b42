internal import BuildEngine
internal import Bytes

/// One `--secret id=NAME[,src=PATH|,env=VARIABLE]`, as buildx reads it.
struct SecretOption {
    let id: ByteString
    let secret: BuildRequest.Secret

    private static let flag = "--secret"

    /// - Throws: `UsageError` for what is malformed.
    ///
    /// The text is never shown in an error: somebody may have written the secret itself there.
    init(_ text: ByteString, environment: [ByteString: ByteString]) throws(UsageError) {
        guard let fields = CommaFields.split(text) else { throw Self.malformed("its quotes do not fit") }
        var type: ByteString?
        var id: ByteString = ""
        var file: ByteString = ""
        var variable: ByteString = ""
        for field in fields {
            let parts = field.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Self.malformed("it is a list of key=value") }
            let value = ByteString(Array(parts[1]))
            switch ByteString(Array(parts[0])).lowercased {
            case "type":
                guard value == "file" || value == "env" else { throw Self.malformed("its type is file or env") }
                type = value
            case "id": id = value
            case "src", "source": file = value
            case "env": variable = value
            default: throw Self.malformed("its keys are id, src, env and type")
            }
        }
        guard !id.isEmpty else { throw Self.malformed("it has no id") }
        if type == "env", variable.isEmpty { (variable, file) = (file, "") }
        if variable.isEmpty, file.isEmpty {
            // The id alone names a variable, or else a file.
            if environment[id] != nil { variable = id } else { file = id }
        }
        self.id = id
        secret = variable.isEmpty ? .file(file) : .value(environment[variable] ?? "")
    }

    private static func malformed(_ reason: String) -> UsageError {
        .malformed(flag: flag, value: "…", reason: reason)
    }
}
