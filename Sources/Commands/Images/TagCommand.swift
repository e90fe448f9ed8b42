internal import ArgumentParser
internal import BuildEngine
internal import Bytes
internal import OCI

/// `tag`: another name for an image.
struct TagCommand: EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give an image another name.",
        discussion: "A name that another image has is taken from it; that image stays, without the name."
    )

    @Argument(help: ArgumentHelp("A name or an id.", valueName: "image"))
    var image: ArgumentValue

    @Argument(help: ArgumentHelp("The new name.", valueName: "name[:tag]"))
    var name: ArgumentValue

    func run(in environment: [ByteString: ByteString]) async throws {
        let name: Reference
        do { name = try Reference(self.name.bytes) } catch {
            throw UsageError.malformed(flag: "the new name", value: self.name.bytes, reason: error.message)
        }
        guard name.digest == nil else { throw UsageError.conflict("refusing to create a tag with a digest reference") }
        let engine = try Engine(stateRoot: Engine.defaultStateRoot(environment: environment))
        try await engine.tag(image.bytes, as: name)
    }
}
