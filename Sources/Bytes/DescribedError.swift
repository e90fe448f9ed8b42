/// An error that people can act on.
///
/// Every module's errors conform; the command line prints nothing else.
public protocol DescribedError: Error {
    /// What failed and why, in one or a few lines, without a full stop.
    var message: String { get }
    /// What to do about it, if that is known.
    var remedy: String? { get }
}
