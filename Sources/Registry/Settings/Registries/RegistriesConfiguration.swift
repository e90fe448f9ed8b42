package import Bytes
package import OCI
internal import Synchronization

/// Where images are looked for: registries.conf (version 2) of the containers tools, and Docker's daemon.json.
///
/// The main file is `$CONTAINERS_REGISTRIES_CONF`, or `$HOME/.config/containers/registries.conf` if it is there, or
/// `/etc/containers/registries.conf`. Then come `registries.conf.d/*.conf`: of the given file's folder only where one is
/// given, or else the system's and then the user's. A later file wins, a `[[registry]]` by its prefix. All are read when
/// something is first asked, once; what is wrong in them, and that a given file is not there, is thrown at every question.
package final class RegistriesConfiguration: Sendable {
    private struct Contents: Sendable {
        var registries = RegistriesFile()
        var daemon = DaemonSettings()
    }

    private let environment: [ByteString: ByteString]
    private let systemFolder: ByteString
    private let contents = Mutex<Result<Contents, SettingsError>?>(nil)

    /// - Parameters:
    ///   - environment: CONTAINERS_REGISTRIES_CONF and HOME.
    ///   - systemFolder: the folder that holds `containers/` and `docker/`.
    package init(environment: [ByteString: ByteString], systemFolder: ByteString = "/etc") {
        self.environment = environment
        self.systemFolder = systemFolder
    }

    // MARK: Questions

    /// Where to ask for an image: mirrors in their order, then the registry itself.
    ///
    /// - Throws: `SettingsError`: a blocked registry, a rule that makes no name of the name, a malformed file.
    package func endpoints(for reference: Reference) throws -> [RegistryEndpoint] {
        let contents = try read()
        let name = reference.name
        var result: [RegistryEndpoint] = []
        var own = RegistryEndpoint(host: reference.domain, repository: reference.path)
        if let (rule, length) = contents.registries.rule(for: name) {
            if rule.isBlocked { throw SettingsError.registryBlocked(name: reference.name, file: rule.file) }
            for mirror in rule.mirrors where mirror.use.includes(reference) {
                let place = (location: mirror.location, isInsecure: mirror.isInsecure)
                result.append(try endpoint(of: reference, replacing: length, by: place, isMirror: true))
            }
            let place = (location: rule.location ?? String(name.prefix(length)), isInsecure: rule.isInsecure)
            own = try endpoint(of: reference, replacing: length, by: place, isMirror: false)
        }
        if own.host == "docker.io" {
            result += contents.daemon.mirrors.map { mirror in
                RegistryEndpoint(
                    host: mirror.host,
                    repository: own.repository,
                    isInsecure: mirror.isInsecure,
                    isMirror: true
                )
            }
        }
        return try (result + [own]).map { endpoint in
            let isInsecure = try endpoint.isInsecure || contents.daemon.isInsecure(RegistryHost(endpoint.host))
            return RegistryEndpoint(
                host: endpoint.host,
                repository: endpoint.repository,
                isInsecure: try isInsecure || RegistryHost(endpoint.host).isLoopback,
                isMirror: endpoint.isMirror
            )
        }
    }

    /// Whether a registry's certificate need not be right, and it may be spoken to in plain HTTP.
    ///
    /// It is so for this machine itself, where daemon.json names it, and where a rule for the whole host, or the only rules
    /// that lead to it, say so.
    ///
    /// - Parameter host: the host with its port.
    /// - Returns: false where nothing is said.
    /// - Throws: `SettingsError`: a text that is no host, a malformed file.
    package func isInsecure(_ host: String) throws -> Bool {
        let contents = try read()
        let parsed = try RegistryHost(host)
        if parsed.isLoopback || contents.daemon.isInsecure(parsed) { return true }
        let places = contents.registries.rules.flatMap { rule in
            [(rule.location ?? rule.prefix, rule.isInsecure)] + rule.mirrors.map { ($0.location, $0.isInsecure) }
        }
        let fitting = places.filter { RegistryRule.host(of: $0.0) == host }
        let ofHost = fitting.filter { $0.0 == host }
        let deciding = ofHost.isEmpty ? fitting : ofHost
        if !deciding.isEmpty { return deciding.allSatisfy(\.1) }
        return contents.registries.rule(for: host)?.rule.isInsecure ?? false
    }

    /// The registries that short names are looked for in, in their order; none where no file says it.
    package var searchRegistries: [String] { get throws { try read().registries.searchRegistries ?? [] } }

    /// What a file says of short names; nil where none does.
    package var shortNameMode: ShortNameMode? { get throws { try read().registries.shortNameMode } }

    /// The full name that a short one stands for.
    ///
    /// - Parameter name: as it was written, without tag and digest.
    /// - Returns: nil where there is no alias.
    /// - Throws: `OCIError` for an alias that is no name; `SettingsError`.
    package func alias(for name: String) throws -> Reference? {
        guard let target = try read().registries.aliases[name], !target.isEmpty else { return nil }
        return try Reference(target)
    }

    /// The names that a short one may stand for, in the order to try them; tag and digest stay.
    ///
    /// An alias is the only one. Without alias and search registries it is Docker's reading: a name on Docker Hub. A name
    /// with a registry stands for itself.
    ///
    /// - Parameters:
    ///   - text: an image's name as it was written.
    ///   - usesAliases: whether aliases count.
    /// - Returns: at least one name.
    /// - Throws: `OCIError` for a text that is no name; `SettingsError`.
    package func candidates(forShortName text: String, usesAliases: Bool = true) throws -> [Reference] {
        let reference = try Reference(text)
        let end = text.firstIndex { $0 == "@" } ?? text.endIndex
        var name = text[..<end]
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") { name = name[..<colon] }
        let suffix = text[name.endIndex...]
        // A registry in the name is what Reference took for one, and did not complete.
        let first = name.prefix { $0 != "/" }
        if first != name, first.contains(where: { ".:".contains($0) }) || first == "localhost" { return [reference] }
        if first != name, ByteString(first).lowercased != ByteString(first) { return [reference] }
        if usesAliases, let alias = try alias(for: String(name)) { return [try Reference(alias.name + suffix)] }
        let registries = try searchRegistries
        return registries.isEmpty ? [reference] : try registries.map { try Reference("\($0)/\(name)\(suffix)") }
    }

    // MARK: Rewriting

    private func endpoint(
        of reference: Reference,
        replacing length: Int,
        by place: (location: String, isInsecure: Bool),
        isMirror: Bool
    ) throws(SettingsError) -> RegistryEndpoint {
        let name = reference.name
        let result = place.location + String(decoding: name.utf8.dropFirst(length), as: UTF8.self)
        let host = RegistryRule.host(of: result)
        guard let rewritten = try? Reference(result), rewritten.domain == host else {
            throw .rewrittenName(name, to: result)
        }
        return RegistryEndpoint(
            host: rewritten.domain,
            repository: rewritten.path,
            isInsecure: place.isInsecure,
            isMirror: isMirror
        )
    }

    // MARK: Reading

    private func read() throws(SettingsError) -> Contents {
        try contents.withLock { contents in
            if let contents { return contents }
            let fresh: Result<Contents, SettingsError>
            do throws(SettingsError) { fresh = .success(try readFiles()) } catch { fresh = .failure(error) }
            contents = fresh
            return fresh
        }
        .get()
    }

    private func readFiles() throws(SettingsError) -> Contents {
        var contents = Contents()
        for path in try files() {
            guard let bytes = try SettingsFile.read(path) else {
                if path == environment["CONTAINERS_REGISTRIES_CONF"] {
                    throw .missingFile(path, variable: "CONTAINERS_REGISTRIES_CONF")
                }
                continue
            }
            contents.registries.merge(try RegistriesFile(bytes, file: path))
        }
        let daemon = systemFolder + "/docker/daemon.json"
        if let document = try SettingsFile.readObject(daemon) {
            contents.daemon = try DaemonSettings(document, file: daemon)
        }
        return contents
    }

    /// The files that count, the strongest last.
    private func files() throws(SettingsError) -> [ByteString] {
        func dropIns(beside file: ByteString) throws(SettingsError) -> [ByteString] {
            let folder = file + ".d"
            return try SettingsFile.names(in: folder, endings: [".conf"]).map { folder + "/" + $0 }
        }
        if let given = environment["CONTAINERS_REGISTRIES_CONF"], !given.isEmpty {
            return [given] + (try dropIns(beside: given))
        }
        let system = systemFolder + "/containers/registries.conf"
        guard let home = environment["HOME"], !home.isEmpty else { return [system] + (try dropIns(beside: system)) }
        let own = home + "/.config/containers/registries.conf"
        let main = try SettingsFile.read(own) == nil ? system : own
        return [main] + (try dropIns(beside: system)) + (try dropIns(beside: own))
    }
}

extension RegistryRule.MirrorUse {
    fileprivate func includes(_ reference: Reference) -> Bool {
        switch self {
        case .all: true
        case .digestOnly: reference.digest != nil
        case .tagOnly: reference.digest == nil
        }
    }
}
