internal import Bytes
internal import Export
internal import OCI
internal import Registry

extension ImageExport {
    /// Whether an image could be pushed, told before anything is built for it.
    static func checkPush(_ output: BuildRequest.ImageOutput, names: [Reference]) throws {
        guard output.isPushed, names.isEmpty else { return }
        throw BuildFailure(
            message: "an image that is pushed needs a name",
            remedy: "name it with -t registry.example/name:tag, or with name= in --output",
            exitCode: 2
        )
    }

    /// Sends the image to the registries that its names say: what each lacks of it.
    func push(_ image: ImageDocuments, names: [Reference], _ output: BuildRequest.ImageOutput) async throws {
        let exporter = RegistryExporter(store: store, client: client)
        for name in names {
            let target = output.isPushedByDigest ? try Reference("\(name.name)@\(image.manifest.digest)") : name
            try await timed("pushing \(target.familiar)") {
                _ = try await exporter.push(LayoutImage(image, names: [name]), to: target)
            }
        }
    }
}
