internal import Bytes
internal import Execution
internal import Glibc
internal import Linux

/// Reads the secrets that a request names, once: a file may be a pipe, which gives its content only once.
enum SecretFiles {
    static func read(_ secrets: [ByteString: BuildRequest.Secret]) throws -> Secrets {
        if !secrets.isEmpty { CoreDumps.forbid() }
        return Secrets(
            try Dictionary(
                uniqueKeysWithValues: secrets.map { id, secret in
                    switch secret {
                    case .file(let path): (id, try read(path, of: id))
                    case .value(let value): (id, try check(value.bytes, of: id))
                    }
                }
            )
        )
    }

    private static func read(_ path: ByteString, of id: ByteString) throws -> [UInt8] {
        do throws(SystemError) {
            return try Descriptor.open(hostPath: path).readAll(limit: Secrets.maximumSize)
        } catch {
            if error.code == EFBIG { throw tooLarge(id) }
            throw BuildFailure(
                message: "secret \(id.escaped): \(path.escaped): \(error.reason)",
                remedy: error.isNotFound ? "name its file with src=, or its variable with env=" : error.remedy,
                exitCode: 4
            )
        }
    }

    private static func check(_ value: [UInt8], of id: ByteString) throws -> [UInt8] {
        guard value.count <= Secrets.maximumSize else { throw tooLarge(id) }
        return value
    }

    private static func tooLarge(_ id: ByteString) -> BuildFailure {
        BuildFailure(
            message: "secret \(id.escaped) has more than \(Secrets.maximumSize >> 10) KiB",
            remedy: "give a key to the data as the secret, and the data itself by a bind mount",
            exitCode: 4
        )
    }
}
