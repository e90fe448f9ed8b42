internal import ArgumentParser
internal import Bytes

/// `image`: docker's group of the commands for images, each of which is a command of its own, too.
///
/// ``ImageFlags/ungrouped(_:)`` turns them into those; what is left here has no command, or one that is not known.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Manage images: docker's names for the commands that do it.",
        usage: "swift-build-image image <command> [<options>]",
        discussion: """
            build     is build        load   is load
            history   is history      ls     is images
            import    is import       rm     is rmi
            inspect   is inspect --type image
            save      is save         tag    is tag
            """
    )

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var words: [ArgumentValue] = []

    func run() throws {
        guard let word = words.first, word.bytes != "--help", word.bytes != "-h" else {
            throw CleanExit.helpRequest(ImageCommand.self)
        }
        if word.bytes == "prune" { throw UsageError.notSupported("image prune", instead: "remove images with rmi") }
        throw UsageError.conflict("there is no command \"image \(word.bytes.escaped)\"")
    }
}
