import Bytes

extension DockerfileError {
    /// What is wrong, in one line without place: safe for a terminal.
    package var message: String { reason.message }
}

extension DockerfileError.Reason {
    /// What is wrong, in one line.
    package var message: String {
        fileMessage ?? instructionMessage ?? flagMessage ?? wordMessage ?? ""
    }

    private var fileMessage: String? {
        switch self {
        case .fileTooLarge(let bytes, let limit):
            "Dockerfile of \(bytes) bytes is larger than the limit of \(limit) bytes"
        case .tooManyInstructions(let limit): "Dockerfile has more than \(limit) instructions"
        case .tooManyWords(let limit): "Dockerfile has more than \(limit) words"
        case .moreMistakes(let count):
            "from here on, \(count) more \(count == 1 ? "mistake is" : "mistakes are") not told"
        case .encodedAsUTF16: "Dockerfile is encoded as UTF-16, it has to be UTF-8"
        case .nulByte: "NUL byte in an instruction"
        case .noInstructions: "Dockerfile is empty: there is no build stage"
        case .noStages: "no build stage: there is no FROM instruction"
        case .instructionBeforeFrom(let keyword):
            "no build stage to put \(keyword) into: it stands before the first FROM"
        case .invalidEscapeDirective(let value): "invalid escape directive '\(value.brief)': it is neither \\ nor `"
        case .repeatedDirective(let name): "the \(name) parser directive may be given once only"
        case .unterminatedHeredoc(let name): "unterminated heredoc: no line is just \(name.brief)"
        case .unknownCheckOption(let option): "invalid check option '\(option.brief)'"
        case .invalidCheckError(let value): "check option error is true or false, not '\(value.brief)'"
        default: nil
        }
    }

    private var instructionMessage: String? {
        switch self {
        case .unknownInstruction(let name, _): "unknown instruction: \(name.brief)"
        case .wrongArgumentCount(let instruction, let count): "\(instruction) requires \(count.wording)"
        case .notStringArray(let instruction): "\(instruction): a JSON array here may hold strings only"
        case .notJSON(let instruction): "\(instruction) requires its arguments in JSON form"
        case .nameWithoutValue(let instruction): "\(instruction) must have two arguments: a name and a value"
        case .missingEquals(let instruction, let word):
            "\(instruction): no = in \"\(word.brief)\", it must have the form name=value"
        case .blankName(let instruction): "\(instruction) names can not be blank"
        case .invalidStageName(let name): "invalid name for build stage: \"\(name.brief)\""
        case .heredocAsDestination(let instruction): "\(instruction) cannot have a heredoc as its destination"
        case .emptyVolume: "VOLUME can not be an empty string"
        case .notAllowedInOnbuild("ONBUILD"): "ONBUILD may not hold another ONBUILD"
        case .notAllowedInOnbuild(let keyword): "\(keyword) is not allowed as an ONBUILD trigger"
        case .triggerNotSingle: "an ONBUILD trigger has to be one instruction"
        case .healthcheckNoneWithArguments: "HEALTHCHECK NONE takes no arguments"
        case .healthcheckWithoutCommand: "missing command after HEALTHCHECK CMD"
        case .unknownHealthcheckType(let type): "unknown type \"\(type.brief)\" in HEALTHCHECK"
        default: nil
        }
    }

    private var flagMessage: String? {
        switch self {
        case .unknownFlag(let instruction, let flag, _, _): "\(instruction): unknown flag: \(flag.brief)"
        case .repeatedFlag(let instruction, let flag): "\(instruction): duplicate flag: \(flag.brief)"
        case .flagWithoutValue(let instruction, let flag): "\(instruction): missing a value on flag: \(flag.brief)"
        case .flagNotBoolean(let instruction, let flag, let value):
            "\(instruction): flag \(flag.brief) is true or false, not \"\(value.brief)\""
        case .invalidDuration(let flag, let value): "HEALTHCHECK: invalid duration \"\(value.brief)\" for --\(flag)"
        case .durationTooShort(let flag, let value):
            "HEALTHCHECK: interval \"\(value.brief)\" for --\(flag) is less than 1ms"
        case .invalidRetries(let value): "HEALTHCHECK: --retries is a count from 0, not \"\(value.brief)\""
        case .invalidNetwork(let value): "RUN: invalid network mode \"\(value.brief)\""
        case .invalidSecurity(let value): "RUN: security \"\(value.brief)\" is not valid"
        case .invalidList(let flag, let value): "RUN: --\(flag)=\(value.brief) is no comma-separated list"
        case .unknownMountType(let value, _): "RUN: unsupported mount type \"\(value.brief)\""
        case .unknownOption(let flag, let key, let field, _):
            "RUN --\(flag): unexpected key '\(key.brief)' in '\(field.brief)'"
        case .optionWithoutValue(let flag, let field):
            "RUN --\(flag): invalid field '\(field.brief)', it must be a key=value pair"
        case .optionNotForType(let key, let type): "RUN --mount: '\(key)' is not for mounts of type '\(type.rawValue)'"
        case .invalidOptionValue(let key, let value): "RUN --mount: invalid value for \(key): \(value.brief)"
        case .unknownSharing(let value, _): "RUN --mount: unsupported sharing \"\(value.brief)\""
        case .variableInMountFrom: "RUN --mount: variables are not expanded in 'from'"
        case .secretMountConflict(let conflict): "RUN --mount=type=secret: \(conflict.wording)"
        case .repeatedDeviceName(let name): "RUN --device: the name is already \(name.brief)"
        default: nil
        }
    }

    private var wordMessage: String? {
        switch self {
        case .expansionTooDeep(let limit): "substitutions are nested more than \(limit) deep"
        case .expansionTooLarge(let limit): "variables expand to more than \(limit) bytes"
        case .unexpectedEnd(let missing): "bad substitution: missing '\(missing)'"
        case .unterminatedQuote(let quote): "a quote is not closed: missing \(quote)"
        case .badSubstitution: "bad substitution: no variable's name after ${"
        case .unsupportedModifier(let modifier): "unsupported modifier (\(modifier.brief)) in substitution"
        case .requiredVariable(let name, let isEmpty, let message):
            "\(name.brief): \(message?.brief ?? (isEmpty ? "may not be empty" : "has to be set"))"
        case .invalidPattern(let pattern): "invalid pattern (\(pattern.brief)) in substitution: bad escape"
        case .patternTooCostly: "a pattern in a substitution takes too many steps to match"
        default: nil
        }
    }
}

extension ByteString {
    /// The text for a message: escaped, and cut when it is long.
    var brief: String {
        count <= 120 ? escaped : ByteString(Array(bytes.prefix(120))).escaped + "…"
    }
}

extension DockerfileError.ArgumentCount {
    fileprivate var wording: String {
        switch self {
        case .atLeastOne: "at least one argument"
        case .exactlyOne: "exactly one argument"
        case .sourcesAndDestination(let given):
            "at least two arguments, a source and a destination: \(given == 0 ? "none" : "only one") was given"
        case .oneOrThree: "either one or three arguments: an image, and perhaps AS with a name"
        }
    }
}

extension DockerfileError.SecretMountConflict {
    fileprivate var wording: String {
        switch self {
        case .from: "a secret cannot have 'from'"
        case .sharing: "a secret cannot have 'sharing'"
        case .nothingNamed: "one of id, source and target is required"
        case .sourceAndID: "source and id exclude each other"
        }
    }
}
