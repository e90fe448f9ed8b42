import Bytes

extension DockerfileError {
    /// What to do about it; nil where the message says all.
    package var remedy: String? {
        if let nearest { return "did you mean \(nearest.brief)?" }
        switch reason {
        case .unknownInstruction(_, let suggestion?): return "did you mean \(suggestion)?"
        case .unknownInstruction(_, nil): return "instructions are \(InstructionName.allNames.joined(separator: ", "))"
        case .unknownFlag(_, _, let suggestion?, _): return "did you mean --\(suggestion)?"
        case .unknownFlag(let instruction, _, nil, let known):
            if known.isEmpty { return "\(instruction) takes no flags" }
            return "flags of \(instruction) are " + known.map { "--" + $0 }.joined(separator: ", ")
        case .unknownMountType(_, let suggestion?), .unknownSharing(_, let suggestion?),
            .unknownOption(_, _, _, let suggestion?):
            return "did you mean \(suggestion)?"
        case .unknownMountType: return "types are bind, cache, tmpfs, secret, ssh"
        case .unknownSharing: return "it is shared, private or locked"
        case .fileTooLarge: return "files belong into the build context, with COPY"
        case .encodedAsUTF16: return "convert it, for example with iconv -f UTF-16 -t UTF-8"
        case .noInstructions, .noStages: return "begin with FROM and a base image, or FROM scratch"
        case .instructionBeforeFrom: return "only ARG may stand before FROM; move the instruction below it"
        case .unterminatedHeredoc: return "end the heredoc with a line that holds its name and nothing else"
        case .unknownCheckOption: return "write skip=NAME,NAME or experimental=NAME or error=true, with ; between them"
        case .notStringArray: return "quote the members that are not strings, or write the shell form"
        case .notJSON: return "write SHELL [\"/bin/sh\", \"-c\"]"
        case .missingEquals: return "quote values that hold blanks: name=\"a value\""
        case .wrongArgumentCount(_, .sourcesAndDestination): return "add the destination as the last word"
        case .wrongArgumentCount(let instruction, _), .nameWithoutValue(let instruction):
            return InstructionName(rawValue: instruction).map { "write \($0.usage)" }
        case .invalidStageName: return "a name begins with a letter and goes on with letters, digits, -, _ and ."
        case .notAllowedInOnbuild("MAINTAINER"): return "use LABEL maintainer=…"
        case .unknownHealthcheckType: return "write HEALTHCHECK CMD command, or HEALTHCHECK NONE"
        case .invalidDuration: return "write it with units, such as 30s, 500ms or 1m30s"
        case .invalidNetwork: return "it is default, none or host"
        case .invalidSecurity: return "it is sandbox or insecure"
        case .variableInMountFrom: return "give the image a stage of its own, FROM image AS name, and name that"
        case .unsupportedModifier:
            return "modifiers are :- - :+ + :? ? # ## % %% / and //; for a plain dollar sign write \\$"
        case .badSubstitution, .unexpectedEnd, .unterminatedQuote:
            return "for a plain $ or quote put the escape character before it"
        case .requiredVariable(let name, _, _) where name.count <= 120:
            return "set it with --build-arg \(name.escaped)=… or ENV"
        default: return detailRemedy
        }
    }

    /// What to do about a flag's or an option's value, and about words that are too many.
    private var detailRemedy: String? {
        switch reason {
        case .tooManyInstructions, .tooManyWords: "split the file, or put long lists into files that it copies"
        case .moreMistakes: "correct those above first"
        case .nulByte: "remove it: the file may be damaged, or no text"
        case .invalidEscapeDirective: "write # escape=\\ or # escape=`"
        case .repeatedDirective: "keep one of them"
        case .repeatedFlag: "give it once"
        case .flagWithoutValue(_, let flag): "write \(flag.brief)=VALUE"
        case .flagNotBoolean(_, let flag, _): "write \(flag.brief), or \(flag.brief)=false"
        case .blankName: "write NAME=VALUE, without a blank before the ="
        case .heredocAsDestination: "give the path of the file or folder as the last word"
        case .emptyVolume: "name the path of a folder"
        case .notAllowedInOnbuild("ONBUILD"):
            "triggers run in the next build only; there is none for the build after it"
        case .notAllowedInOnbuild("FROM"): "the image that is built on this one has a FROM of its own"
        case .healthcheckNoneWithArguments: "write HEALTHCHECK NONE alone, or HEALTHCHECK CMD command"
        case .healthcheckWithoutCommand: "write HEALTHCHECK CMD command"
        case .durationTooShort: "write 1ms or more, or 0 for the default"
        case .invalidRetries: "write a number, such as --retries=3"
        case .invalidList: "quote an option that holds a comma or a quote: \"source=a,b\""
        case .optionWithoutValue(_, let field): "write \(field.brief)=VALUE"
        case .optionNotForType(let key, _): Self.types(of: key).map { "\(key) is for \($0)" }
        case .invalidOptionValue(let key, _): Self.values(of: key)
        case .repeatedDeviceName: "give each device a --device of its own"
        default: nil
        }
    }

    /// The types of mounts that know an option.
    private static func types(of key: String) -> String? {
        switch key {
        case "required": "secret and ssh, and stands behind type="
        case "size": "tmpfs, and stands behind type="
        case "mode", "uid", "gid": "cache, secret and ssh"
        case "sharing": "cache"
        default: nil
        }
    }

    /// How the value of a mount's option is written.
    private static func values(of key: String) -> String? {
        switch key {
        case "size": "write it such as 64m or 1g"
        case "mode": "write it in octal, such as 0755"
        case "uid", "gid": "write a number: names are not looked up here"
        case "ro", "readonly", "rw", "readwrite", "required": "it is true or false"
        default: nil
        }
    }
}
