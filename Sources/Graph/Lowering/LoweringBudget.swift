/// What a build may grow to before it begins: a small file can ask for very much, by variables that hold variables and by
/// triggers that every stage runs.
///
/// What is counted stays in memory; far above what files written by people come to.
package struct LoweringBudget: Sendable {
    /// The bound that was crossed.
    package enum Excess: Sendable, Hashable {
        case bytes, entries, triggers

        /// For people.
        var message: String {
            switch self {
            case .bytes:
                "the expanded words and the history of this build come to more than "
                    + "\(LoweringBudget.byteLimit >> 20) MiB"
            case .entries: "the environments and histories of all steps and stages together have too many entries"
            case .triggers: "the stages run more than \(LoweringBudget.triggerLimit) ONBUILD triggers"
            }
        }

        /// What to do about it.
        var remedy: String {
            switch self {
            case .bytes: "make the values shorter, or bring long texts in by COPY"
            case .entries, .triggers: "build the stages from several files"
            }
        }
    }

    /// Of expanded words and of the history's texts, in bytes.
    package static let byteLimit = 64 << 20
    /// Of what steps have of environments, and stages of their parents' environments and histories.
    static let entryLimit = 4_000_000
    /// As many as a file may have instructions.
    static let triggerLimit = 100_000
    /// Of the names of steps, in bytes.
    private static let nameLimit = 16 << 20

    private var bytes = 0
    private var entries = 0
    private var triggers = 0
    private var nameBytes = 0

    mutating func spend(bytes count: Int) { bytes += count }

    mutating func spend(entries count: Int) { entries += count }

    mutating func spend(triggers count: Int) { triggers += count }

    /// Whether a name of that many bytes may be kept; it counts then.
    mutating func takesName(of count: Int) -> Bool {
        guard nameBytes + count <= Self.nameLimit else { return false }
        nameBytes += count
        return true
    }

    /// What has been crossed; nil if nothing has.
    var excess: Excess? {
        if bytes > Self.byteLimit { return .bytes }
        if entries > Self.entryLimit { return .entries }
        return triggers > Self.triggerLimit ? .triggers : nil
    }
}
