internal import Bytes

/// What is wrong with the arguments.
enum UsageError: DescribedError, Equatable {
    case missingContext
    case unknownFlag(ByteString, nearest: String?)
    case missingValue(flag: String)
    case unexpectedValue(flag: String, ByteString)
    /// A flag, or a value of one, that docker has and this program does not.
    case notSupported(String, instead: String?)
    case malformed(flag: String, value: ByteString, reason: String)
    case conflict(String)

    var message: String {
        switch self {
        case .missingContext: "a build context is needed: the folder that COPY and ADD read"
        case .unknownFlag(let flag, _): "unknown flag: \(flag.escaped)"
        case .missingValue(let flag): "\(flag) needs a value"
        case .unexpectedValue(let flag, let value): "\(flag) is true or false, not \"\(value.escaped)\""
        case .notSupported(let what, _): "\(what) is not supported yet"
        case .malformed(let flag, let value, let reason): "invalid value \"\(value.escaped)\" for \(flag): \(reason)"
        case .conflict(let text): text
        }
    }

    var remedy: String? {
        switch self {
        case .missingContext: "for the folder you are in: swift-build-image ."
        case .unknownFlag(_, let nearest?): "did you mean \(nearest)?"
        case .unknownFlag: "swift-build-image build --help lists what there is"
        case .notSupported(_, let instead): instead
        case .missingValue, .unexpectedValue, .malformed, .conflict: nil
        }
    }
}
