internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// The flags of `build`, read: what the engine is asked for, and what is done around it.
struct BuildPlan {
    /// What the engine is asked for.
    let request: BuildRequest
    /// How the build is shown.
    let progress: ProgressStyle
    /// How the engine works.
    let options: Engine.Options
    /// Where the image's id goes.
    let imageIDFile: ResultFile?
    /// Where the description of the result goes.
    let metadataFile: ResultFile?

    /// Reads the flags.
    ///
    /// - Throws: `UsageError` for the first that is wrong.
    init(_ command: BuildCommand, environment: [ByteString: ByteString]) throws(UsageError) {
        guard let context = command.context?.bytes, !context.isEmpty else { throw .missingContext }
        try Self.checkIsFolder(context)
        var request = BuildRequest(context: context)
        request.dockerfile = try Self.dockerfile(command.file?.bytes)
        request.names = try command.tags.map(\.bytes).map(Self.name)
        request.buildArguments = try Self.buildArguments(command.buildArguments, environment)
        for value in command.buildContexts {
            let option = try NamedContextOption(value.bytes)
            request.namedContexts[option.name] = option.context
        }
        request.target = command.target.flatMap { $0.bytes.isEmpty ? nil : $0.bytes }
        request.platform = try Self.platform(command.platform?.bytes ?? environment["DOCKER_DEFAULT_PLATFORM"])
        for value in command.labels {
            let (name, text) = try Self.pair(value.bytes, flag: "--label")
            request.labels[name] = text ?? ""
        }
        request.ignoresCache = command.ignoresCache
        request.pullsAlways = command.pullsAlways
        request.network = try Self.network(command.network?.bytes)
        for value in command.entitlements where !value.bytes.isEmpty {
            switch try AllowOption(value.bytes) {
            case .entitlement(let entitlement): request.entitlements.insert(entitlement)
            case .device(let name, let device): request.devices[name] = device
            }
        }
        request.extraHosts = try command.extraHosts.map { value throws(UsageError) in
            try ExtraHostOption(value.bytes).host
        }
        for value in command.secrets {
            let option = try SecretOption(value.bytes, environment: environment)
            request.secrets[option.id] = option.secret
        }
        for value in command.agents where !value.bytes.isEmpty {
            let option = try AgentOption(value.bytes, environment: environment)
            request.agents[option.id] = option.paths
        }
        request.outputs = try Self.outputs(command)
        guard request.outputs.count(where: \.goesToStandardOutput) <= 1 else {
            throw .conflict("only one output can go to standard output")
        }
        self.request = request
        progress = try Self.progress(command, environment)
        options = command.registries.engineOptions(in: environment)
        imageIDFile = command.imageIDFile.map { ResultFile(path: $0.bytes) }
        metadataFile = command.metadataFile.map { ResultFile(path: $0.bytes) }
    }

    // MARK: Flags

    /// `--output`, and what `--push`, `--load` and `--annotation` make of it, as buildx has it.
    private static func outputs(_ command: BuildCommand) throws(UsageError) -> [BuildRequest.Output] {
        var outputs = try command.outputs.map { value throws(UsageError) in try OutputOption(value.bytes).output }
        if command.isPushed {
            var isThere = false
            for index in outputs.indices {
                guard case .image(var image) = outputs[index] else { continue }
                image.isPushed = true
                outputs[index] = .image(image)
                isThere = true
            }
            if !isThere { outputs.append(.image(.init(isPushed: true))) }
        }
        if command.isLoaded, !outputs.contains(where: \.isStored) { outputs.append(.image(.init())) }
        var annotations: [BuildRequest.Annotation] = []
        for value in command.annotations { annotations += try AnnotationOption.parse(value.bytes) }
        if outputs.isEmpty, !annotations.isEmpty { outputs = [.image(.init())] }
        return annotations.isEmpty ? outputs : outputs.map { $0.adding(annotations) }
    }

    private static func checkIsFolder(_ context: ByteString) throws(UsageError) {
        if context == "-" {
            throw .notSupported("a context from standard input", instead: "unpack it into a folder and name that")
        }
        if let scheme = RemoteLocation.kind(of: context) {
            throw .notSupported("a context from \(scheme)", instead: "fetch it into a folder and name that")
        }
    }

    private static func dockerfile(_ path: ByteString?) throws(UsageError) -> BuildRequest.DockerfileLocation? {
        guard let path, !path.isEmpty else { return nil }
        if path == "-" { return .standardInput }
        if let scheme = RemoteLocation.kind(of: path) {
            throw .notSupported("a Dockerfile from \(scheme)", instead: "fetch it and pipe it in: -f -")
        }
        return .file(path)
    }

    static func name(_ text: ByteString) throws(UsageError) -> Reference {
        let reference: Reference
        do { reference = try Reference(text) } catch {
            throw .malformed(flag: "--tag", value: text, reason: error.message)
        }
        guard reference.digest == nil else {
            throw .malformed(flag: "--tag", value: text, reason: "a name that is given cannot have a digest")
        }
        return reference
    }

    private static func buildArguments(
        _ values: [ArgumentValue],
        _ environment: [ByteString: ByteString]
    ) throws(UsageError) -> [ByteString: ByteString] {
        var result: [ByteString: ByteString] = [:]
        for value in values {
            let (name, text) = try pair(value.bytes, flag: "--build-arg")
            // A name alone that the environment lacks sets nothing: what was given before counts, or the default.
            if let value = text ?? environment[name] { result[name] = value }
        }
        // As buildx does (reproducible-builds.org, SOURCE_DATE_EPOCH): the variable needs no flag.
        if let epoch = environment[epochName], !epoch.isEmpty, result[epochName] == nil { result[epochName] = epoch }
        return result
    }

    private static let epochName: ByteString = "SOURCE_DATE_EPOCH"

    private static func pair(_ text: ByteString, flag: String) throws(UsageError) -> (ByteString, ByteString?) {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].isEmpty else { throw .malformed(flag: flag, value: text, reason: "it has no name") }
        return (ByteString(Array(parts[0])), parts.count == 2 ? ByteString(Array(parts[1])) : nil)
    }

    private static func platform(_ text: ByteString?) throws(UsageError) -> Platform? {
        guard let text, !text.isEmpty else { return nil }
        guard !text.bytes.contains(UInt8(ascii: ",")) else {
            throw .notSupported("building for several platforms at once", instead: "build once for each")
        }
        do { return try Platform(parsing: text) } catch {
            throw .malformed(flag: "--platform", value: text, reason: error.message)
        }
    }

    private static func network(_ text: ByteString?) throws(UsageError) -> BuildRequest.Network {
        guard let text, !text.isEmpty else { return .default }
        guard let network = BuildRequest.Network(rawValue: text.text) else {
            throw .malformed(flag: "--network", value: text, reason: "it is default, none or host")
        }
        return network
    }

    private static func progress(
        _ command: BuildCommand,
        _ environment: [ByteString: ByteString]
    ) throws(UsageError) -> ProgressStyle {
        let fromFlag = command.progress?.bytes
        let text = fromFlag ?? environment["BUILDKIT_PROGRESS"] ?? ""
        let name = fromFlag == nil ? "BUILDKIT_PROGRESS" : "--progress"
        guard text != "rawjson" else { throw .notSupported("\(name)=rawjson", instead: "plain has all lines too") }
        guard let style = text.isEmpty ? .auto : ProgressStyle(rawValue: text.text) else {
            throw .malformed(flag: name, value: text, reason: "it is auto, plain, tty or quiet")
        }
        guard command.isQuiet else { return style }
        guard fromFlag == nil || style == .auto || style == .quiet else {
            throw .conflict("--quiet and --progress=\(style.rawValue) exclude each other")
        }
        return .quiet
    }
}

extension BuildRequest.Output {
    /// The same with further annotations of the image; files have none.
    fileprivate func adding(_ annotations: [BuildRequest.Annotation]) -> BuildRequest.Output {
        switch self {
        case .layout(var layout):
            layout.settings.annotations += annotations
            return .layout(layout)
        case .image(var image):
            image.settings.annotations += annotations
            return .image(image)
        case .folder, .tar, .cacheOnly: return self
        }
    }
}
