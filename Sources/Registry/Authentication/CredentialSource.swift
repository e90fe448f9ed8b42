internal import Synchronization

/// The credentials of this client, asked for once each: a credential helper is a process of its own.
final class CredentialSource: Sendable {
    private let find: @Sendable (_ registry: String, _ repository: String) async throws -> Credential?
    private let known = Mutex<[String: Credential?]>([:])
    private let flights = SingleFlight<String, Credential?>()

    init(_ find: @escaping @Sendable (_ registry: String, _ repository: String) async throws -> Credential?) {
        self.find = find
    }

    func credential(for registry: String, _ repository: String) async throws -> Credential? {
        let key = registry + "/" + repository
        if let credential = known.withLock({ $0[key] }) { return credential }
        return try await flights.value(for: key) {
            let credential = try await find(registry, repository)
            known.withLock { $0[key] = .some(credential) }
            return credential
        }
    }
}
