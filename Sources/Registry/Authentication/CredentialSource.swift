internal import Bytes
internal import Synchronization

/// The credentials of this client, asked for once each: a credential helper is a process of its own.
///
/// Where they cannot be had, such as from a helper that is not installed, requests go on without: most images are for
/// anybody. Only one that is refused then ends with that error.
final class CredentialSource: Sendable {
    typealias Find = @Sendable (_ registry: String, _ repository: String) async throws -> Credential?

    private struct State {
        var known: [String: Credential?] = [:]
        /// By registry.
        var failures: [String: any Error] = [:]
    }

    private let find: Find
    private let tell: @Sendable (RegistryEvent) -> Void
    private let state = Mutex(State())
    private let flights = SingleFlight<String, Credential?>()

    init(_ find: @escaping Find, _ tell: @escaping @Sendable (RegistryEvent) -> Void) {
        self.find = find
        self.tell = tell
    }

    /// - Throws: `CancellationError` only.
    func credential(for registry: String, _ repository: String) async throws -> Credential? {
        let key = registry + "/" + repository
        if let credential = state.withLock({ $0.known[key] }) { return credential }
        return try await flights.value(for: key) {
            var credential: Credential?
            do {
                credential = try await find(registry, repository)
            } catch let error as CancellationError {
                throw error
            } catch {
                let isFirst = state.withLock { $0.failures.updateValue(error, forKey: registry) == nil }
                let reason = (error as? any DescribedError)?.message ?? "no reason is told"
                if isFirst { tell(.withoutCredential(registry: registry, reason: reason)) }
            }
            state.withLock { $0.known[key] = .some(credential) }
            return credential
        }
    }

    /// Why there is no credential for a registry that may have one; nil where nothing went wrong.
    func failure(for registry: String) -> (any Error)? { state.withLock { $0.failures[registry] } }
}
