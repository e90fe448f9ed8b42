internal import Bytes
internal import Contexts
internal import Dockerfile
internal import Execution
internal import Export
internal import Graph
internal import Layers
internal import Linux
internal import OCI
internal import Registry
internal import Sandbox
internal import Solver
internal import Store
internal import Trees

/// The kinds of failures, by who can do something about them; the numbers are exit codes.
private enum Blame: Int32 {
    case build = 1
    case dockerfile = 3
    case input = 4
    case host = 5
}

extension BuildFailure {
    /// The one place where errors of all modules become what people see.
    ///
    /// `source`: the Dockerfile, for the places of its vertices.
    init(_ error: any Error, in source: SourceText?) {
        switch error {
        case let failure as BuildFailure: self = failure
        case let failure as DockerfileError: self = BuildFailure.first(of: failure.all.map { BuildFailure($0) })
        case let failure as GraphError: self.init(failure)
        case let failure as LoweringFailure:
            let input = failure.input.map { [BuildFailure($0, in: source)] } ?? []
            self = BuildFailure.first(of: failure.mistakes.map { BuildFailure($0) } + input)
        case let failure as InputFailure:
            let cause = BuildFailure.cause(failure.underlying)
            var blame = cause.blame == .build ? .input : cause.blame
            // No registry has what is no name.
            if case .malformedReference? = failure.underlying as? OCIError { blame = .dockerfile }
            self.init(
                message: cause.message,
                remedy: failure.suggestion ?? cause.remedy,
                exitCode: blame.rawValue,
                source: failure.source,
                range: failure.range
            )
        case let failure as StepFailure:
            self.init(failure, in: source)
            others = failure.others.map { BuildFailure($0, in: source) }
        default:
            let cause = BuildFailure.cause(error)
            self.init(message: cause.message, remedy: cause.remedy, exitCode: cause.blame.rawValue)
        }
    }

    private init(_ failure: StepFailure, in source: SourceText?) {
        let cause = BuildFailure.cause(failure.underlying)
        var range = failure.vertex.range
        if let source, case .notFound(let word, _)? = failure.underlying as? SelectionError {
            range = range?.marking(word, in: source)
        }
        var remedies = [cause.remedy].compactMap { $0 }
        if case .run = failure.vertex.operation, cause.blame == .build {
            remedies.append(
                "to run this step again, give the same command\(failure.vertex.ignoresCache ? " without --no-cache" : ""): "
                    + "what came before it is in the cache"
            )
        }
        self.init(
            message: cause.message,
            remedy: remedies.isEmpty ? nil : remedies.joined(separator: "; "),
            exitCode: cause.blame.rawValue,
            source: range == nil ? nil : source,
            range: range,
            outputTail: (failure.underlying as? ExecutionError)?.outputTail ?? []
        )
    }

    /// The first of some failures, which is there, with the others.
    private static func first(of failures: [BuildFailure]) -> BuildFailure {
        guard var first = failures.first else { return BuildFailure(message: "nothing failed", exitCode: 1) }
        first.others = Array(failures.dropFirst())
        return first
    }

    private init(_ error: any LocatedError) {
        let isOfTheRequest = if case .malformedEpoch? = (error as? GraphError)?.reason { true } else { false }
        self.init(
            message: error.message,
            remedy: error.remedy,
            exitCode: isOfTheRequest ? 2 : Blame.dockerfile.rawValue,
            source: error.source,
            range: error.range
        )
    }

    private static func cause(_ error: any Error) -> (message: String, remedy: String?, blame: Blame) {
        switch error {
        case let error as ExecutionError:
            let isInput = if case .missingLayer = error { true } else { false }
            return (error.message, error.remedy, isInput ? .input : .build)
        case let error as SelectionError: return (error.message, error.remedy, .input)
        case let error as ResolutionError: return (error.message, nil, .build)
        case let error as ContextsError: return (error.message, error.remedy, .input)
        case let error as OCIError: return (error.message, error.remedy, .input)
        case let error as RegistryError: return (error.message, error.remedy, .input)
        case let error as GitError: return (error.message, error.remedy, error.isOfHost ? .host : .input)
        case let error as DownloadError: return (error.message, error.remedy, .input)
        case let error as LayersError: return (error.message, error.remedy, .build)
        case let error as SandboxError: return (error.message, error.remedy, blame(of: error))
        case let error as StoreError: return (error.message, error.remedy, .host)
        case let error as SystemError: return (error.message, error.remedy, .host)
        case let error as ExportError:
            let isFull = if case .cannotWrite(_, let cause) = error { cause.isFullDisk } else { false }
            return (error.message, error.remedy, isFull ? .host : .build)
        case let error as any DescribedError: return (error.message, error.remedy, .build)
        default: return ("\(error)", nil, .build)
        }
    }

    private static func blame(of error: SandboxError) -> Blame {
        switch error {
        case .system, .unavailable, .setUp: .host
        default: .build
        }
    }
}
