package import Bytes

/// What is wrong in a Dockerfile or in a word that was to be expanded.
///
/// One error may carry others that were found independently in the same file.
package struct DockerfileError: LocatedError, Sendable, Hashable {
    /// What is wrong.
    package let reason: Reason
    /// Where; nil for a word that was expanded without its place.
    package var range: SourceRange?
    /// The text the range speaks of.
    package var source: SourceText?
    /// A variable that there is and that was probably meant.
    package var nearest: ByteString?
    /// Further mistakes of the same file, each without others of its own.
    package var others: [DockerfileError]

    /// This one, then the others, each by itself.
    package var all: [DockerfileError] {
        var first = self
        first.others = []
        return [first] + others
    }

    package init(
        _ reason: Reason,
        range: SourceRange? = nil,
        source: SourceText? = nil,
        others: [DockerfileError] = []
    ) {
        self.reason = reason
        self.range = range
        self.source = source
        self.others = others
    }

    /// The first of some mistakes, with the others; nil if there is none.
    package init?(_ mistakes: [DockerfileError]) {
        guard let first = mistakes.first else { return nil }
        self = first
        others = Array(mistakes.dropFirst())
    }
}
