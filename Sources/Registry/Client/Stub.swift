package import OCI
package final class RegistryClient: Sendable {
    package init(settings: RegistrySettings, events: @escaping @Sendable (RegistryEvent) -> Void) {}
    package func resolve(_ reference: Reference, platform: Platform) async throws -> RemoteImage { throw CancellationError() }
    package func fetch(_ blob: OCI.Descriptor, of location: RepositoryLocation, into sink: any BlobSink) async throws {}
    package func push(_ image: PushedImage, to reference: Reference) async throws -> PushReport { throw CancellationError() }
    package func close() async {}
}
