public import Bytes
package import Dockerfile

/// A build that failed: what, where, why and what to do.
///
/// Everything that ``Engine`` throws is one, or a cancellation.
public struct BuildFailure: DescribedError {
    /// What failed and why.
    public let message: String
    /// What to do about it.
    public let remedy: String?
    /// The exit code of the command line for it (design.md §7): 1 the build failed, 3 the Dockerfile is wrong, 4 an input
    /// could not be had, 5 the host lacks something.
    public let exitCode: Int32
    /// The Dockerfile, and the place in it; nil for what no line of it is to blame for.
    package let source: SourceText?
    package let range: SourceRange?
    /// The last lines that the failed step printed.
    public let outputTail: [ByteString]
    /// Further mistakes of the same file, found in the same run.
    public internal(set) var others: [BuildFailure]

    package init(
        message: String,
        remedy: String? = nil,
        exitCode: Int32,
        source: SourceText? = nil,
        range: SourceRange? = nil,
        outputTail: [ByteString] = [],
        others: [BuildFailure] = []
    ) {
        self.message = URLSecrets.hidden(in: message)
        self.remedy = remedy.map { URLSecrets.hidden(in: $0) }
        self.exitCode = exitCode
        self.source = source
        self.range = range
        self.outputTail = outputTail
        self.others = others
    }
}

extension BuildFailure {
    /// Nothing can be built without root yet: told before anything is tried.
    static let needsRoot = BuildFailure(
        message: "building needs root for now: isolation \"namespaces\" makes mounts and gives files to their owners",
        remedy: "run it as root (sudo), also inside a container; building without root is not supported yet",
        exitCode: 5
    )
}
