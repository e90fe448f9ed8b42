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
        "service-account.json", "service_account.json", "serviceaccount.json", "client_secret.json", "deploy_key",
        // Folders that hold nothing else.
        ".ssh", ".aws", ".gnupg", ".kube",
    ]
    private static let paths: [ByteString] = [".aws/credentials", ".docker/config.json", ".kube/config"]
    private static let endings: [ByteString] = [".key", ".p12", ".pfx", ".kdbx", ".jks", ".keystore", ".ppk"]
    /// What follows `.env.` in a file that shows what belongs into the real one.
    private static let samples: Set<ByteString> = [
        "example", "sample", "template", "dist", "defaults", "schema", "test", "testing", "ci",
    ]
    /// Words in the path of a PEM file that is meant for everyone.
    private static let publicWords: Set<ByteString> = [
        "cert", "certs", "certificate", "certificates", "ca", "cacert", "cacerts", "chain", "fullchain", "bundle",
        "pub",
        "public", "root", "dhparam", "dhparams",
    ]
    /// Words in the name of a PEM file that is not, whatever else it says.
    private static let privateWords: Set<ByteString> = ["key", "private", "privkey"]
    /// Words in the name of a key that signatures are checked with.
    private static let signingWords: Set<ByteString> = [
        "pub", "public", "signing", "release", "gpg", "pgp", "apt", "archive", "repo", "repository",
    ]
    /// Where package managers have such keys.
    private static let keyrings: [ByteString] = ["keyrings", "trusted.gpg", "rpm-gpg", "apk/keys"]

    /// Whether a path's name is that of a key or of credentials.
    static func isSecretFile(_ path: ByteString, copiedTo destination: ByteString) -> Bool {
        let lower = Ascii.lower(path.cleanedPath)
        let name = SourcePath.name(lower)
        if files.contains(name) || paths.contains(where: { lower == $0 || lower.hasSuffix("/" + $0) }) { return true }
        if name.hasPrefix(".env.") {
            return !name.split(separator: Byte.dot).contains { samples.contains($0) }
        }
        if name.hasSuffix(".pem") {
            return !privateWords.isDisjoint(with: words(name)) || publicWords.isDisjoint(with: words(lower))
        }
        if name.hasSuffix(".key") {
            let isForSignatures =
                !signingWords.isDisjoint(with: words(name)) || keyrings.contains { destination.contains($0) }
            if isForSignatures { return false }
        }
        return endings.contains { name.hasSuffix($0) && name.count > $0.count }
    }

    /// The runs of small letters in a path.
    private static func words(_ path: ByteString) -> [ByteString] {
        path.bytes.split { !(0x61...0x7A).contains($0) }.map { ByteString(Array($0)) }
    }
}
