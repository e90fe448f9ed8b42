package import Bytes

/// A mistake in a Dockerfile, with its place.
package protocol LocatedError: DescribedError {
    /// Where; nil if no line is to blame.
    var range: SourceRange? { get }
    /// The text the range speaks of.
    var source: SourceText? { get }
}

extension LocatedError {
    /// `name:line:column`, `name:line`, or just the name, or nil without a place.
    package var location: String? {
        guard let source else { return nil }
        return range.map { "\(source.name):\($0.place)" } ?? source.name
    }

    /// Place and message, excerpt with a caret, and remedy.
    ///
    /// Every line ends in a line feed.
    package var rendered: String {
        var text = (location.map { $0 + ": " } ?? "") + message + "\n"
        if let source, let range { text += SourceExcerpt(source: source, range: range).body }
        if let remedy { text += remedy + "\n" }
        return text
    }
}
