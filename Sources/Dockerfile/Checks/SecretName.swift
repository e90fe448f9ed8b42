import Bytes

/// Names that say that something is secret.
enum SecretName {
    /// Words of a variable's name that say so, as BuildKit has them.
    private static let words: [[UInt8]] = [
        "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
    ].map { Array($0.utf8) }
    /// Words that say that it is not the secret itself.
    private static let harmless: [[UInt8]] = ["public", "file", "version"].map { Array($0.utf8) }

    /// Whether a variable's name says that its value is secret: `_` separates words, letter case does not count.
    static func isSecret(_ variable: ByteString) -> Bool {
        has(words, in: variable.bytes) && !has(harmless, in: variable.bytes)
    }

    private static func has(_ words: [[UInt8]], in variable: [UInt8]) -> Bool {
        var start = 0
        while start <= variable.count {
            let end = variable[start...].firstIndex(of: Byte.underscore) ?? variable.count
            for word in words where word.count == end - start {
                if zip(word, variable[start..<end]).allSatisfy({ $0 == Ascii.lower($1) }) { return true }
            }
            start = end + 1
        }
        return false
    }

    private static let files: Set<ByteString> = [
        "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".env", ".npmrc", ".pypirc", ".netrc", "_netrc",
        ".git-credentials", ".dockercfg", ".dockerconfigjson", ".htpasswd", ".pgpass", ".my.cnf", ".vault-token",
        "kubeconfig", "credentials.json", "secrets.json", "secrets.yml", "secrets.yaml", ".s3cfg", ".boto",
    ]
    private static let paths: [ByteString] = [".aws/credentials", ".docker/config.json", ".kube/config"]
    private static let endings: [ByteString] = [".key", ".p12", ".pfx", ".kdbx", ".jks", ".keystore", ".ppk"]
    /// What follows `.env.` in a file that shows what belongs into the real one.
    private static let samples: Set<ByteString> = ["example", "sample", "template", "dist", "defaults", "schema"]
    /// Words in the name of a PEM file that is meant for everyone.
    private static let publicWords: [ByteString] = ["cert", "ca", "chain", "bundle", "pub", "public", "root"]

    /// Whether a path's name is that of a key or of credentials.
    static func isSecretFile(_ path: ByteString) -> Bool {
        let lower = Ascii.lower(path.cleanedPath)
        let name = SourcePath.name(lower)
        if files.contains(name) || paths.contains(where: { lower == $0 || lower.hasSuffix("/" + $0) }) { return true }
        if name.hasPrefix(".env.") {
            return !name.split(separator: Byte.dot).contains { samples.contains($0) }
        }
        if name.hasSuffix(".pem") {
            let isWordByte = { (byte: UInt8) in (0x61...0x7A).contains(byte) }
            let words = name.bytes.split { !isWordByte($0) }.dropLast()
            return !words.contains { word in publicWords.contains { word.elementsEqual($0.bytes) } }
        }
        return endings.contains { name.hasSuffix($0) && name.count > $0.count }
    }
}
