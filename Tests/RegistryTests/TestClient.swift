import Bytes
import LoopbackRegistry
import OCI
import Registry
import Synchronization
import Testing

/// What a client told, and what a sink got.
final class Recorder: BlobSink {
    private let told = Mutex<[RegistryEvent]>([])
    private let taken = Mutex<(bytes: [UInt8], restarts: Int)>(([], 0))

    func tell(_ event: RegistryEvent) { told.withLock { $0.append(event) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws { taken.withLock { $0.bytes += bytes } }

    func restart() throws {
        taken.withLock { taken in
            taken.bytes = []
            taken.restarts += 1
        }
    }

    var events: [RegistryEvent] { told.withLock { $0 } }
    var bytes: [UInt8] { taken.withLock { $0.bytes } }
    var restarts: Int { taken.withLock { $0.restarts } }

    /// The reasons for which something was tried again.
    var retries: [String] {
        events.compactMap { event in
            guard case .retrying(_, _, let reason, _, _) = event else { return nil }
            return reason
        }
    }
}

/// Runs a test with a client whose waits are short, and closes it.
func withClient<Value>(
    credential: Credential? = nil,
    recorder: Recorder = Recorder(),
    _ change: (inout RegistrySettings) -> Void = { _ in },
    _ body: (RegistryClient) async throws -> Value
) async throws -> Value {
    var settings = RegistrySettings(environment: [:])
    settings.systemFolder = "/nonexistent"
    settings.certificateFolders = []
    settings.limits.firstDelay = .milliseconds(1)
    settings.limits.longestDelay = .milliseconds(20)
    settings.limits.connectTimeout = .seconds(5)
    settings.limits.idleTimeout = .seconds(5)
    change(&settings)
    let client = RegistryClient(settings: settings, events: { recorder.tell($0) }) { _, _ in credential }
    do {
        let value = try await body(client)
        await client.close()
        return value
    } catch {
        await client.close()
        throw error
    }
}

/// Runs a test with a registry in this process, and stops it.
func withRegistry<Value>(
    _ change: (inout LoopbackRegistry.Options) -> Void = { _ in },
    _ body: (LoopbackRegistry) async throws -> Value
) async throws -> Value {
    var options = LoopbackRegistry.Options()
    change(&options)
    let registry = try await LoopbackRegistry(options)
    do {
        let value = try await body(registry)
        await registry.stop()
        return value
    } catch {
        await registry.stop()
        throw error
    }
}

/// The registry error of a call; nil if there was none.
func registryError(_ body: () async throws -> Void) async -> RegistryError? {
    do {
        try await body()
    } catch let error as RegistryError {
        return error
    } catch {
        Issue.record("another error: \(error)")
    }
    return nil
}
