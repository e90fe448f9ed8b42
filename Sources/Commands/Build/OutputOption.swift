internal import BuildEngine
internal import Bytes
internal import OCI

/// One `--output`: comma-separated `key=value`s, as buildx reads them.
struct OutputOption {
    /// What it asks for.
    let output: BuildRequest.Output

    static let flag = "--output"
    private static let types = "types are docker, oci, image, registry, local, tar and cacheonly"

    /// - Parameters:
    ///   - text: the value of the flag.
    ///   - isTerminal: whether standard output is one, where a tar would do harm.
    /// - Throws: `UsageError` for what is malformed, not supported, or incomplete.
    init(_ text: ByteString, isTerminal: @autoclosure () -> Bool = StandardOutput.isTerminal) throws(UsageError) {
        guard let fields = CommaFields.split(text) else { throw Self.malformed(text, "its quotes do not fit") }
        // A word without a type is a place for files, even one with a `=` in it.
        if fields.count == 1, let only = fields.first, only == text, !only.lowercased.hasPrefix("type=") {
            output = only == "-" ? .tar(nil) : .folder(only)
            try Self.checkTerminal(output, isTerminal: isTerminal(), text)
            return
        }
        var attributes = OutputAttributes(text: text)
        for field in fields { try attributes.add(field) }
        switch attributes.type {
        case "cacheonly":
            guard attributes.isEmpty else { throw Self.malformed(text, "type=cacheonly has nothing to be set") }
            output = .cacheOnly
        case "local": output = .folder(try attributes.folder())
        case "tar": output = .tar(try attributes.destination())
        case "oci": output = .layout(try attributes.layout(.oci))
        case "docker":
            // Without a destination it is for the engine, whose place the store has.
            output =
                attributes.hasDestination ? .layout(try attributes.layout(.docker)) : .image(try attributes.image())
        case "image": output = .image(try attributes.image())
        case "registry":
            attributes.setDefault("push", "true")
            output = .image(try attributes.image())
        case "moby"?: throw .notSupported("\(Self.flag) type=moby", instead: "type=docker does the same here")
        case let type?: throw Self.malformed(text, "\"\(type.escaped)\" is no type; \(Self.types)")
        case nil: throw Self.malformed(text, "it needs a type; \(Self.types)")
        }
        try attributes.checkNothingLeft()
        try Self.checkTerminal(output, isTerminal: isTerminal(), text)
    }

    static func malformed(_ text: ByteString, _ reason: String) -> UsageError {
        .malformed(flag: flag, value: text, reason: reason)
    }

    private static func checkTerminal(
        _ output: BuildRequest.Output,
        isTerminal: @autoclosure () -> Bool,
        _ text: ByteString
    ) throws(UsageError) {
        guard output.goesToStandardOutput, isTerminal() else { return }
        throw malformed(text, "a tar is not for a terminal; give it dest=FILE, or send standard output elsewhere")
    }
}
