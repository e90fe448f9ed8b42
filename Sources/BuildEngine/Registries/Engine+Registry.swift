internal import Graph
internal import Linux
internal import OCI
internal import Registry

extension Engine {
    /// Runs work of a command on threads that may block, with registries at hand; every error becomes a `BuildFailure`.
    func working<Value: Sendable>(
        _ events: @escaping EventSink,
        _ body: (RegistryClient) async throws -> Value
    ) async throws -> Value {
        try await Engine.withClient(options, events, body)
    }

    /// The same without a store.
    static func withClient<Value: Sendable>(
        _ options: Options,
        _ events: @escaping EventSink = { _ in },
        _ body: (RegistryClient) async throws -> Value
    ) async throws -> Value {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            do { return try await withRegistry(options, events, body) } catch let error as CancellationError {
                throw error
            } catch {
                throw BuildFailure(error, in: nil)
            }
        }
    }

    /// Runs what may need registries; nothing of the network is started before something is asked of one.
    ///
    /// `events`: gets what moves and what is tried again.
    static func withRegistry<Value>(
        _ options: Options,
        _ events: @escaping EventSink,
        _ body: (RegistryClient) async throws -> Value
    ) async throws -> Value {
        let settings = RegistrySettings(
            environment: options.environment,
            insecureRegistries: options.insecureRegistries
        )
        let client = RegistryClient(settings: settings) { RegistryEvents.pass($0, to: events) }
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

/// The client's events in the words of a build.
private enum RegistryEvents {
    static func pass(_ event: RegistryEvent, to events: EventSink) {
        switch event {
        case .retrying(let what, let host, let reason, let seconds, let attempt):
            let wait = seconds < 1 ? "at once" : "in \(Int(seconds.rounded())) s"
            events(.note("\(host): \(what): \(reason); trying again \(wait) (try \(attempt + 1))"))
        case .skippedMirror(let host, let reason):
            events(.note("the mirror \(host) is passed over: \(reason)"))
        case .withoutCredential(let registry, let reason):
            events(.note("\(registry) is asked without a log-in: \(reason)"))
        case .began(let digest, let direction, let total):
            events(.transferring(BlobTransfer(digest, direction.transfer, .moving(0, of: total))))
        case .transferred(let digest, let direction, let bytes, let total):
            events(.transferring(BlobTransfer(digest, direction.transfer, .moving(bytes, of: total))))
        case .finished(let digest, let direction):
            events(.transferring(BlobTransfer(digest, direction.transfer, .done)))
        case .mounted(let digest, _), .alreadyThere(let digest):
            events(.transferring(BlobTransfer(digest, .push, .spared)))
        }
    }
}

extension RegistryEvent.Direction {
    fileprivate var transfer: BlobTransfer.Direction { self == .download ? .pull : .push }
}
