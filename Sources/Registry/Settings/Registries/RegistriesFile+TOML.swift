internal import Bytes
internal import TOMLKit

/// The only place that knows the library for TOML.
///
/// The library frees none of its tables: each file read costs the memory of its document until the process ends.
extension RegistriesFile {
    /// Reads one file.
    ///
    /// Keys that are not known here are passed over, as the containers tools do.
    ///
    /// - Throws: `SettingsError.malformedFile` with the line where the library knows it.
    init(_ bytes: [UInt8], file: ByteString) throws(SettingsError) {
        // The library takes the text as C does, to the first NUL.
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedFile(file, reason: "it is not UTF-8, or has a NUL byte")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let reason = ByteString(error.description).escaped
            throw .malformedFile(file, reason: "line \(error.source.begin.line): \(reason)")
        } catch {
            throw .malformedFile(file, reason: "it is not TOML")
        }
        try self.init(TOMLReader(table: table, file: file, place: ""))
    }

    private init(_ reader: TOMLReader) throws(SettingsError) {
        guard !reader.has("registries") else {
            throw reader.malformed("`[registries.…]` is the old form of this file; write `[[registry]]` tables")
        }
        searchRegistries = try reader.texts("unqualified-search-registries")
        for registry in searchRegistries ?? [] { _ = try reader.place(registry, "unqualified-search-registries") }
        if let word = try reader.text("short-name-mode") {
            guard let mode = ShortNameMode(rawValue: word) else {
                throw reader.malformed("`short-name-mode` is none of enforcing, permissive and disabled")
            }
            shortNameMode = mode
        }
        for entry in try reader.tables("registry") {
            let rule = try RegistryRule(entry)
            guard !rules.contains(where: { $0.prefix == rule.prefix }) else {
                throw reader.malformed("there are two `[[registry]]` tables for \(ByteString(rule.prefix).escaped)")
            }
            rules.append(rule)
        }
        if let aliases = try reader.tables("aliases").first {
            for name in aliases.keys { self.aliases[name] = try aliases.text(name) ?? "" }
        }
    }
}

extension RegistryRule {
    fileprivate init(_ reader: TOMLReader) throws(SettingsError) {
        let location = try reader.text("location").flatMap { text throws(SettingsError) in
            text.isEmpty ? nil : try reader.place(text, "location")
        }
        let prefix = try reader.text("prefix").flatMap { $0.isEmpty ? nil : $0 }
        guard let prefix = prefix ?? location else { throw reader.malformed("it needs `prefix` or `location`") }
        let isWildcard = prefix.hasPrefix("*.")
        if isWildcard {
            guard !prefix.contains(where: { "/@:".contains($0) }),
                RegistryHost(parsing: String(prefix.dropFirst(2))) != nil
            else { throw reader.malformed("`prefix` is not `*.` and a domain") }
        }
        self.prefix = isWildcard ? prefix : try reader.place(prefix, "prefix")
        self.location = location ?? (isWildcard ? nil : prefix)
        isInsecure = try reader.flag("insecure")
        isBlocked = try reader.flag("blocked")
        guard !reader.has("pull-from-mirror") else { throw reader.malformed("`pull-from-mirror` belongs to a mirror") }
        let isByDigestOnly = try reader.flag("mirror-by-digest-only")
        var mirrors: [Mirror] = []
        for entry in try reader.tables("mirror") {
            mirrors.append(try Mirror(entry, isByDigestOnly: isByDigestOnly))
        }
        self.mirrors = mirrors
        file = reader.file
    }
}

extension RegistryRule.Mirror {
    fileprivate init(_ reader: TOMLReader, isByDigestOnly: Bool) throws(SettingsError) {
        guard let location = try reader.text("location"), !location.isEmpty else {
            throw reader.malformed("it needs `location`")
        }
        self.location = try reader.place(location, "location")
        isInsecure = try reader.flag("insecure")
        guard let word = try reader.text("pull-from-mirror"), !word.isEmpty else {
            use = isByDigestOnly ? .digestOnly : .all
            return
        }
        guard !isByDigestOnly else {
            throw reader.malformed("`pull-from-mirror` and the registry's `mirror-by-digest-only` exclude each other")
        }
        guard let use = RegistryRule.MirrorUse(rawValue: word) else {
            throw reader.malformed("`pull-from-mirror` is none of all, digest-only and tag-only")
        }
        self.use = use
    }
}

/// One table with the checks of what its values are.
private struct TOMLReader {
    let table: TOMLTable
    let file: ByteString
    /// Which table of the file it is, for errors: `registry[2].mirror[1]`.
    let place: String

    var keys: [String] { table.keys.sorted() }

    func has(_ key: String) -> Bool { table[key] != nil }

    func malformed(_ reason: String) -> SettingsError {
        .malformedFile(file, reason: place.isEmpty ? reason : "\(place): \(reason)")
    }

    func text(_ key: String) throws(SettingsError) -> String? {
        guard let value = table[key] else { return nil }
        guard let text = value.string else { throw wrongKind(key, "a string") }
        return text
    }

    func flag(_ key: String) throws(SettingsError) -> Bool {
        guard let value = table[key] else { return false }
        guard let flag = value.bool else { throw wrongKind(key, "true or false") }
        return flag
    }

    func texts(_ key: String) throws(SettingsError) -> [String]? {
        guard let value = table[key] else { return nil }
        guard let array = value.array else { throw wrongKind(key, "an array of strings") }
        var result: [String] = []
        for element in array {
            guard let text = element.string else { throw wrongKind(key, "an array of strings") }
            result.append(text)
        }
        return result
    }

    /// The tables of an array, or the one table.
    func tables(_ key: String) throws(SettingsError) -> [TOMLReader] {
        guard let value = table[key] else { return [] }
        let prefix = place.isEmpty ? "" : place + "."
        if let table = value.table { return [TOMLReader(table: table, file: file, place: prefix + key)] }
        guard let array = value.array else { throw wrongKind(key, "a table") }
        var result: [TOMLReader] = []
        for (index, element) in array.enumerated() {
            guard let table = element.table else { throw wrongKind(key, "an array of tables") }
            result.append(TOMLReader(table: table, file: file, place: "\(prefix)\(key)[\(index + 1)]"))
        }
        return result
    }

    /// A registry with or without a part of a repository's path; a slash at the end does not count.
    func place(_ text: String, _ key: String) throws(SettingsError) -> String {
        var rest = text[...]
        while rest.last == "/" { rest.removeLast() }
        let isSound = RegistryHost(parsing: RegistryRule.host(of: String(rest))) != nil && !rest.contains("//")
        guard isSound else {
            throw malformed("`\(key)`: `\(ByteString(text).escaped)` is not a registry without a scheme")
        }
        guard !rest.drop(while: { $0 != "/" }).contains(where: { ":@".contains($0) }) else {
            throw malformed("`\(key)` has a tag or a digest, which is not supported")
        }
        return String(rest)
    }

    private func wrongKind(_ key: String, _ wanted: String) -> SettingsError {
        malformed("`\(ByteString(key).escaped)` is not \(wanted)")
    }
}
