internal import Bytes

/// A file with credentials as Docker (`config.json`) and the containers tools (`auth.json`) write it.
///
/// Members that are not known here stay as they are, in their order.
struct AuthFile {
    let path: ByteString
    private(set) var document: JSONObject

    /// Reads the file; nil where there is none.
    static func read(_ path: ByteString) throws(SettingsError) -> AuthFile? {
        guard let object = try SettingsFile.readObject(path) else { return nil }
        return AuthFile(path: path, document: object)
    }

    /// The file as it is, or an empty one.
    static func readOrNew(_ path: ByteString) throws(SettingsError) -> AuthFile {
        try read(path) ?? AuthFile(path: path, document: JSONObject())
    }

    // MARK: Reading

    /// The credential helper that the file names for a registry: the registry's own, or that for all.
    func helper(for registry: AuthKey) throws(SettingsError) -> CredentialHelper? {
        for member in try members("credHelpers").members where AuthKey(member.name) == registry {
            return try helper(named: member.value, field: "credHelpers")
        }
        return try document["credsStore"].flatMap { value throws(SettingsError) in
            try helper(named: value, field: "credsStore")
        }
    }

    private func helper(named value: JSONValue, field: String) throws(SettingsError) -> CredentialHelper? {
        guard let name = value.string else { throw malformed("`\(field)` names no program") }
        return name.isEmpty ? nil : try CredentialHelper(name: name, file: path)
    }

    /// The credential of the entry that fits best: the longest part of `repository`, then the registry itself.
    func credential(for registry: AuthKey, repository: String) throws(SettingsError) -> Credential? {
        let members = try members("auths").members
        var wanted = registry.beneath(repository)[...]
        while let key = wanted.popFirst() {
            // A key that is written exactly so comes before those that only mean the same.
            let fitting = members.filter { AuthKey($0.name) == key }
            let exact = fitting.filter { $0.name == key.written }
            for member in exact + fitting {
                if let credential = try credential(in: member) { return credential }
            }
        }
        return nil
    }

    private func credential(in member: JSONObject.Member) throws(SettingsError) -> Credential? {
        let name = member.name.escaped
        guard let entry = member.value.object else { throw malformed("the entry for \(name) is not an object") }
        func text(_ field: ByteString) throws(SettingsError) -> String {
            guard let value = entry[field], !value.isNull else { return "" }
            guard let bytes = value.string, let text = String(validating: bytes.bytes, as: UTF8.self) else {
                throw malformed("`\(field)` in the entry for \(name) is not a text")
            }
            return text
        }
        var username = try text("username")
        var password = try text("password")
        let auth = try text("auth")
        if !auth.isEmpty {
            guard let bytes = Base64.decode(Array(auth.utf8)), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
                let first = String(validating: bytes[..<colon], as: UTF8.self),
                let second = String(validating: bytes[(colon + 1)...].filter { $0 != 0 }, as: UTF8.self)
            else { throw malformed("`auth` in the entry for \(name) is not `user:password` in Base64") }
            (username, password) = (first, second)
        }
        let token = try text("identitytoken")
        if !token.isEmpty { return Credential(username: username, identityToken: token) }
        if !username.isEmpty || !password.isEmpty { return Credential(username: username, password: password) }
        if try !text("registrytoken").isEmpty { throw .registryToken(path, registry: name) }
        return nil
    }

    // MARK: Changing

    /// Puts a registry's credential in place of all that the file has for it.
    mutating func set(_ credential: Credential, for registry: AuthKey) throws(SettingsError) {
        guard !credential.username.contains(":") else {
            throw .unstorableCredential(reason: "the user name has a colon")
        }
        guard credential.password?.utf8.contains(0) != true else {
            throw .unstorableCredential(reason: "the password has a NUL byte")
        }
        var entry = JSONObject()
        let pair = "\(credential.username):\(credential.password ?? "")"
        entry["auth"] = .string(ByteString(Base64.encode(pair.utf8)))
        if let token = credential.identityToken { entry["identitytoken"] = .string(token) }
        try replaceEntries(of: registry, by: entry)
    }

    /// Takes a registry's secrets out; the names of the entries stay, as Docker leaves them beside a helper.
    ///
    /// - Returns: whether there were any.
    mutating func blank(_ registry: AuthKey) throws(SettingsError) -> Bool {
        let hadSecrets = try members("auths").members.contains {
            AuthKey($0.name) == registry && $0.value.object?.isEmpty == false
        }
        if hadSecrets { try replaceEntries(of: registry, by: JSONObject()) }
        return hadSecrets
    }

    /// Takes a registry's entries out.
    ///
    /// - Returns: whether there were any.
    mutating func remove(_ registry: AuthKey) throws(SettingsError) -> Bool {
        var members = try members("auths")
        let names = members.members.map(\.name).filter { AuthKey($0) == registry }
        for name in names { members[name] = nil }
        if !names.isEmpty { document["auths"] = .object(members) }
        return !names.isEmpty
    }

    private mutating func replaceEntries(of registry: AuthKey, by entry: JSONObject) throws(SettingsError) {
        var members = try members("auths")
        let others = members.members.map(\.name).filter { AuthKey($0) == registry && $0 != registry.written }
        members[registry.written] = .object(entry)
        for name in others { members[name] = nil }
        document["auths"] = .object(members)
    }

    private func members(_ field: ByteString) throws(SettingsError) -> JSONObject {
        guard let value = document[field], !value.isNull else { return JSONObject() }
        guard let object = value.object else { throw malformed("`\(field)` is not an object") }
        return object
    }

    private func malformed(_ reason: String) -> SettingsError { .malformedFile(path, reason: reason) }
}
