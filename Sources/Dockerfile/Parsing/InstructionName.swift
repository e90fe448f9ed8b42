import Bytes

/// The names of instructions.
enum InstructionName: String, CaseIterable, Sendable {
    case add = "ADD"
    case arg = "ARG"
    case cmd = "CMD"
    case copy = "COPY"
    case entrypoint = "ENTRYPOINT"
    case env = "ENV"
    case expose = "EXPOSE"
    case from = "FROM"
    case healthcheck = "HEALTHCHECK"
    case label = "LABEL"
    case maintainer = "MAINTAINER"
    case onbuild = "ONBUILD"
    case run = "RUN"
    case shell = "SHELL"
    case stopsignal = "STOPSIGNAL"
    case user = "USER"
    case volume = "VOLUME"
    case workdir = "WORKDIR"

    /// All names in alphabetical order.
    static let allNames = allCases.map(\.rawValue)

    private static let byLength: [[(bytes: [UInt8], name: InstructionName)]] = {
        var table = Array(repeating: [(bytes: [UInt8], name: InstructionName)](), count: 12)
        for name in allCases { table[name.rawValue.utf8.count].append((Array(name.rawValue.utf8), name)) }
        return table
    }()

    /// The instruction of that name in any letter case; nil if there is none.
    init?(_ keyword: ByteString) {
        guard keyword.count < Self.byLength.count else { return nil }
        for (bytes, name) in Self.byLength[keyword.count] {
            // Clearing the bit of letter case makes no other byte a capital letter.
            if zip(bytes, keyword.bytes).allSatisfy({ $0 == $1 || $0 == $1 & 0xDF && $1 >= 0x61 }) {
                self = name
                return
            }
        }
        return nil
    }

    /// Whether its line may hold heredocs.
    var takesHeredocs: Bool { self == .run || self == .copy || self == .add }
}
