package import Bytes

extension DockerfileError {
    /// The kinds of mistakes, with what is needed to tell them.
    package enum Reason: Sendable, Hashable {
        // The file.
        case fileTooLarge(bytes: Int, limit: Int)
        case tooManyInstructions(limit: Int)
        case tooManyWords(limit: Int)
        case moreMistakes(Int)
        case encodedAsUTF16
        case nulByte
        case noInstructions
        case noStages
        case instructionBeforeFrom(String)
        case invalidEscapeDirective(ByteString)
        case repeatedDirective(String)
        case unterminatedHeredoc(ByteString)
        case unknownCheckOption(ByteString)
        case invalidCheckError(ByteString)

        // Instructions and their arguments.
        case unknownInstruction(ByteString, suggestion: String?)
        case unknownFlag(instruction: String, flag: ByteString, suggestion: String?, known: [String])
        case repeatedFlag(instruction: String, flag: ByteString)
        case flagWithoutValue(instruction: String, flag: ByteString)
        case flagNotBoolean(instruction: String, flag: ByteString, value: ByteString)
        case wrongArgumentCount(instruction: String, ArgumentCount)
        case notStringArray(instruction: String)
        case notJSON(instruction: String)
        case nameWithoutValue(instruction: String)
        case missingEquals(instruction: String, word: ByteString)
        case blankName(instruction: String)
        case invalidStageName(ByteString)
        case heredocAsDestination(instruction: String)
        case emptyVolume
        case notAllowedInOnbuild(String)
        case triggerNotSingle
        case healthcheckNoneWithArguments
        case healthcheckWithoutCommand
        case unknownHealthcheckType(ByteString)
        case invalidDuration(flag: String, value: ByteString)
        case durationTooShort(flag: String, value: ByteString)
        case invalidRetries(ByteString)

        // Flags of RUN.
        case invalidNetwork(ByteString)
        case invalidSecurity(ByteString)
        case invalidList(flag: String, value: ByteString)
        case unknownMountType(ByteString, suggestion: String?)
        case unknownOption(flag: String, key: ByteString, field: ByteString, suggestion: String?)
        case optionWithoutValue(flag: String, field: ByteString)
        case optionNotForType(key: String, type: RunMount.MountType)
        case invalidOptionValue(key: String, value: ByteString)
        case unknownSharing(ByteString, suggestion: String?)
        case variableInMountFrom(ByteString)
        case secretMountConflict(SecretMountConflict)
        case repeatedDeviceName(ByteString)

        // Words.
        case expansionTooDeep(Int)
        case expansionTooLarge(limit: Int)
        case unexpectedEnd(missing: Character)
        case unterminatedQuote(Character)
        case badSubstitution
        case unsupportedModifier(ByteString)
        case requiredVariable(ByteString, isEmpty: Bool, message: ByteString?)
        case invalidPattern(ByteString)
        case patternTooCostly
    }

    /// How many arguments an instruction wants.
    package enum ArgumentCount: Sendable, Hashable {
        case atLeastOne
        case exactlyOne
        case sourcesAndDestination(given: Int)
        case oneOrThree(given: Int)
    }

    /// Options of a secret mount that exclude each other, or one that is missing.
    package enum SecretMountConflict: Sendable, Hashable {
        case from, sharing, nothingNamed, sourceAndID
    }
}
