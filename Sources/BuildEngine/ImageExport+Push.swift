internal import Bytes
internal import Export
internal import OCI

// Where the Registry module comes in: these two functions are all that knows of a push.
extension ImageExport {
    /// Whether an image could be pushed, told before anything is built for it.
    static func checkPush(_ output: BuildRequest.ImageOutput, names: [Reference]) throws {
        guard output.isPushed else { return }
        guard !names.isEmpty else {
            throw BuildFailure(
                message: "an image that is pushed needs a name",
                remedy: "name it with -t registry.example/name:tag, or with name= in --output",
                exitCode: 2
            )
        }
        throw BuildFailure(
            message: "pushing to a registry is not supported yet",
            remedy: "write a file with -o type=oci,dest=FILE, then skopeo copy",
            exitCode: 2
        )
    }

    /// Sends the image to the registries that its names say.
    ///
    /// `image.layers` and the documents have all bytes; `output` says whether by digest only, and whether plain HTTP will do.
    func push(_ image: ImageDocuments, names: [Reference], _ output: BuildRequest.ImageOutput) async throws {
        try ImageExport.checkPush(output, names: names)
    }
}
