package import Bytes

extension DockerfileError {
    /// The same error at a place, with the first occurrence of `text` there marked if it is found.
    ///
    /// A place that the error has already is kept. Meant for errors of `Expansion`, which knows words only.
    package func located(
        at range: SourceRange,
        in source: SourceText,
        marking text: ByteString? = nil
    ) -> DockerfileError {
        guard self.range == nil else { return self }
        var result = self
        result.range = range
        result.source = source
        if range.mark == nil, let text = text ?? markedText {
            result.range = range.marking(text, in: source)
        }
        return result
    }

    /// The words of the file that are wrong, where the reason names them.
    private var markedText: ByteString? {
        switch reason {
        case .unknownInstruction(let text, _), .unknownFlag(_, let text, _, _), .repeatedFlag(_, let text),
            .flagWithoutValue(_, let text), .flagNotBoolean(_, let text, _), .missingEquals(_, let text),
            .invalidStageName(let text), .unknownHealthcheckType(let text), .invalidDuration(_, let text),
            .durationTooShort(_, let text), .invalidRetries(let text), .invalidNetwork(let text),
            .invalidSecurity(let text), .unknownMountType(let text, _), .unknownOption(_, _, let text, _),
            .optionWithoutValue(_, let text), .invalidOptionValue(_, let text), .unknownSharing(let text, _),
            .variableInMountFrom(let text), .invalidEscapeDirective(let text), .unknownCheckOption(let text),
            .invalidCheckError(let text), .invalidList(_, let text), .repeatedDeviceName(let text):
            return text
        case .optionNotForType(let key, _): return ByteString(key)
        case .secretMountConflict: return "type=secret"
        case .heredocAsDestination: return "<<"
        case .healthcheckNoneWithArguments: return "NONE"
        case .healthcheckWithoutCommand: return "CMD"
        case .emptyVolume: return "VOLUME"
        case .repeatedDirective(let name): return ByteString(name)
        case .unterminatedHeredoc(let name): return name
        case .requiredVariable(let name, _, _): return name
        case .wrongArgumentCount(let keyword, _), .instructionBeforeFrom(let keyword), .notStringArray(let keyword),
            .notJSON(let keyword), .nameWithoutValue(let keyword), .notAllowedInOnbuild(let keyword),
            .blankName(let keyword):
            return ByteString(keyword)
        case .badSubstitution, .unsupportedModifier, .unexpectedEnd: return "${"
        case .unterminatedQuote(let quote): return ByteString(String(quote))
        case .nulByte: return ByteString([0])
        default: return nil
        }
    }
}
