extension CheckRule {
    /// The rules that BuildKit has, in its order.
    ///
    /// Summaries are the descriptions that BuildKit's documents have, word for word: programs read them.
    static let buildKits: [CheckRule] = [
        stageNameCasing, fromAsCasing, noEmptyContinuation, consistentInstructionCasing, duplicateStageName,
        reservedStageName, jsonArgsRecommended, maintainerDeprecated, undefinedArgInFrom, workdirRelativePath,
        undefinedVar, multipleInstructionsDisallowed, legacyKeyValueFormat, invalidBaseImagePlatform,
        redundantTargetPlatform, secretsUsedInArgOrEnv, invalidDefaultArgInFrom, fromPlatformFlagConstDisallowed,
        copyIgnoredFile, invalidDefinitionDescription, exposeProtoCasing, exposeInvalidFormat,
    ]

    static let stageNameCasing = CheckRule(
        "StageNameCasing",
        page: "stage-name-casing",
        "Stage names should be lowercase",
        because: "names are compared without regard to letter case, which a mixed spelling hides",
        fix: "write the name in small letters"
    )
    static let fromAsCasing = CheckRule(
        "FromAsCasing",
        page: "from-as-casing",
        "The 'as' keyword should match the case of the 'from' keyword",
        because: "one spelling reads more easily",
        fix: "write both in capitals, or both in small letters"
    )
    static let noEmptyContinuation = CheckRule(
        "NoEmptyContinuation",
        page: "no-empty-continuation",
        "Empty continuation lines will become errors in a future release",
        because: "BuildKit has announced that it will refuse it",
        fix: "remove the line, or make it a comment"
    )
    static let consistentInstructionCasing = CheckRule(
        "ConsistentInstructionCasing",
        page: "consistent-instruction-casing",
        "All commands within the Dockerfile should use the same casing (either upper or lower)",
        because: "one spelling reads more easily",
        fix: "write all instructions in capitals, or all in small letters"
    )
    static let duplicateStageName = CheckRule(
        "DuplicateStageName",
        page: "duplicate-stage-name",
        "Stage names should be unique",
        because: "the later one hides the earlier one from --target and --from",
        fix: "give each stage a name of its own"
    )
    static let reservedStageName = CheckRule(
        "ReservedStageName",
        page: "reserved-stage-name",
        "Reserved words should not be used as stage names",
        because: "scratch is the empty image and context is the build context, whatever a stage is called",
        fix: "give the stage another name"
    )
    static let jsonArgsRecommended = CheckRule(
        "JSONArgsRecommended",
        page: "json-args-recommended",
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
        because: "the shell is process 1 then and does not pass signals such as SIGTERM on",
        fix: "write it as a JSON array, or name the shell with SHELL to say that it is meant"
    )
    static let maintainerDeprecated = CheckRule(
        "MaintainerDeprecated",
        page: "maintainer-deprecated",
        "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
        because: "tools read labels",
        fix: "write LABEL org.opencontainers.image.authors=\"…\""
    )
    static let undefinedArgInFrom = CheckRule(
        "UndefinedArgInFrom",
        page: "undefined-arg-in-from",
        "FROM command must use declared ARGs",
        because: "it stands for nothing, which gives another image or none",
        fix: "declare it with ARG before the first FROM"
    )
    static let workdirRelativePath = CheckRule(
        "WorkdirRelativePath",
        page: "workdir-relative-path",
        """
        Relative workdir without an absolute workdir declared within the build can have unexpected results if \
        the base image changes
        """,
        because: "the folder then depends on the base image, which may change",
        fix: "begin with an absolute path"
    )
    static let undefinedVar = CheckRule(
        "UndefinedVar",
        page: "undefined-var",
        "Variables should be defined before their use",
        because: "it stands for nothing",
        fix: "set it before with ENV, or declare it in the stage with ARG"
    )
    static let multipleInstructionsDisallowed = CheckRule(
        "MultipleInstructionsDisallowed",
        page: "multiple-instructions-disallowed",
        "Multiple instructions of the same type should not be used in the same stage",
        because: "only the last one counts",
        fix: "remove those before it"
    )
    static let legacyKeyValueFormat = CheckRule(
        "LegacyKeyValueFormat",
        page: "legacy-key-value-format",
        "Legacy key/value format with whitespace separator should not be used",
        because: "the rest of the line, further pairs included, becomes the value",
        fix: "write name=value"
    )
    static let invalidBaseImagePlatform = CheckRule(
        "InvalidBaseImagePlatform",
        page: nil,
        "Base image platform does not match expected target platform",
        because: "its programs run only where that platform is emulated",
        fix: "use an image that has the platform, or ask for the image's own with --platform"
    )
    static let redundantTargetPlatform = CheckRule(
        "RedundantTargetPlatform",
        page: "redundant-target-platform",
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
        because: "that is what it takes anyway",
        fix: "leave --platform out"
    )
    static let secretsUsedInArgOrEnv = CheckRule(
        "SecretsUsedInArgOrEnv",
        page: "secrets-used-in-arg-or-env",
        "Sensitive data should not be used in the ARG or ENV commands",
        because: "both stay readable in the image's config or history",
        fix: "use RUN --mount=type=secret"
    )
    static let invalidDefaultArgInFrom = CheckRule(
        "InvalidDefaultArgInFrom",
        page: "invalid-default-arg-in-from",
        "Default value for global ARG results in an empty or invalid base image name",
        because: "the file builds only for those who know what to give",
        fix: "give the ARG a default, or write ${NAME:-default}"
    )
    static let fromPlatformFlagConstDisallowed = CheckRule(
        "FromPlatformFlagConstDisallowed",
        page: "from-platform-flag-const-disallowed",
        "FROM --platform flag should not use a constant value",
        because: "the stage cannot be built for another one",
        fix: "use $BUILDPLATFORM, leave --platform out, or put system or processor into the stage's name"
    )
    static let copyIgnoredFile = CheckRule(
        "CopyIgnoredFile",
        page: "copy-ignored-file",
        "Attempting to Copy file that is excluded by .dockerignore",
        because: "the file is not in the context, so that the build fails",
        fix: "take it out of .dockerignore, or do not copy it"
    )
    static let invalidDefinitionDescription = CheckRule(
        "InvalidDefinitionDescription",
        page: "invalid-definition-description",
        """
        Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If \
        this is not intended to be a description comment, add an empty line or comment between the instruction \
        and the comment.
        """,
        because: "--call=outline and --call=targets show comments of the form `# NAME text`",
        fix: "begin the comment with the name, or put a line with only # below it",
        isExperimental: true
    )
    static let exposeProtoCasing = CheckRule(
        "ExposeProtoCasing",
        page: "expose-proto-casing",
        "Protocol in EXPOSE instruction should be lowercase",
        because: "the config holds it in small letters",
        fix: "write tcp, udp or sctp"
    )
    static let exposeInvalidFormat = CheckRule(
        "ExposeInvalidFormat",
        page: "expose-invalid-format",
        """
        IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in \
        a future release
        """,
        because: "it counts for nothing here, and BuildKit has announced that it will refuse it",
        fix: "write the container's port only, and publish it with docker run -p"
    )
}
