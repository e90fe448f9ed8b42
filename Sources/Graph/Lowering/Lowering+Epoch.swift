internal import Bytes
internal import Dockerfile

// SOURCE_DATE_EPOCH: the time that the image is to tell (reproducible-builds.org).
extension Lowering {
    private static let epochName: ByteString = "SOURCE_DATE_EPOCH"

    /// Finds out the time that the build argument or a global ARG means, and puts it where they stood.
    ///
    /// A number is seconds since 1970. `context` and the name of a named context mean the time that such a source has; a
    /// folder and an image have none, and then the argument counts as not given.
    ///
    /// - Throws: `malformedEpoch`; `notYet` for the name of a stage.
    func resolveEpoch() throws {
        let name = Self.epochName
        let global = globalArguments[name].flatMap { $0.isEmpty ? nil : $0 }
        guard let text = request.buildArguments[name] ?? global else { return }
        usedArguments.insert(name)
        epoch = try seconds(of: text)
        let resolved = epoch.map { ByteString(String($0)) }
        if request.buildArguments[name] != nil { request.buildArguments[name] = resolved }
        if globalArguments[name] != nil { globalArguments[name] = resolved }
    }

    private func seconds(of text: ByteString) throws -> Int64? {
        if text.isEmpty { return nil }
        if let seconds = Int64(text.text) { return seconds }
        if text == "context" || isReplaced(text) { return nil }
        guard let stage = dockerfile.stages.first(where: { $0.name == text.lowercased }) else {
            throw GraphError(.malformedEpoch(text))
        }
        // It would have to hold one remote file, whose time is taken.
        throw error(.notYet(feature: "SOURCE_DATE_EPOCH from the stage \(text.escaped)"), at: stage.from.range)
    }
}
