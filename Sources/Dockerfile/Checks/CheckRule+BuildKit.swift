extension CheckRule {
    /// The rules that BuildKit has, in its order.
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
        "A stage's name has capital letters",
        because: "names are compared without regard to letter case, which a mixed spelling hides",
        fix: "write the name in small letters"
    )
    static let fromAsCasing = CheckRule(
        "FromAsCasing",
        page: "from-as-casing",
        "FROM and AS of one line differ in letter case",
        because: "one spelling reads more easily",
        fix: "write both in capitals, or both in small letters"
    )
    static let noEmptyContinuation = CheckRule(
        "NoEmptyContinuation",
        page: "no-empty-continuation",
        "An empty line stands inside a continued instruction",
        because: "BuildKit has announced that it will refuse it",
        fix: "remove the line, or make it a comment"
    )
    static let consistentInstructionCasing = CheckRule(
        "ConsistentInstructionCasing",
        page: "consistent-instruction-casing",
        "An instruction's letter case differs from most of the others",
        because: "one spelling reads more easily",
        fix: "write all instructions in capitals, or all in small letters"
    )
    static let duplicateStageName = CheckRule(
        "DuplicateStageName",
        page: "duplicate-stage-name",
        "Two stages have the same name",
        because: "the later one hides the earlier one from --target and --from",
        fix: "give each stage a name of its own"
    )
    static let reservedStageName = CheckRule(
        "ReservedStageName",
        page: "reserved-stage-name",
        "A stage has a name that means something else",
        because: "scratch is the empty image and context is the build context, whatever a stage is called",
        fix: "give the stage another name"
    )
    static let jsonArgsRecommended = CheckRule(
        "JSONArgsRecommended",
        page: "json-args-recommended",
        "CMD or ENTRYPOINT has the shell form",
        because: "the shell is process 1 then and does not pass signals such as SIGTERM on",
        fix: "write it as a JSON array, or name the shell with SHELL to say that it is meant"
    )
    static let maintainerDeprecated = CheckRule(
        "MaintainerDeprecated",
        page: "maintainer-deprecated",
        "MAINTAINER is deprecated",
        because: "tools read labels",
        fix: "write LABEL org.opencontainers.image.authors=\"…\""
    )
    static let undefinedArgInFrom = CheckRule(
        "UndefinedArgInFrom",
        page: "undefined-arg-in-from",
        "FROM uses an argument that no ARG before it declares",
        because: "it stands for nothing, which gives another image or none",
        fix: "declare it with ARG before the first FROM"
    )
    static let workdirRelativePath = CheckRule(
        "WorkdirRelativePath",
        page: "workdir-relative-path",
        "The first WORKDIR of a stage is relative",
        because: "the folder then depends on the base image, which may change",
        fix: "begin with an absolute path"
    )
    static let undefinedVar = CheckRule(
        "UndefinedVar",
        page: "undefined-var",
        "An instruction uses a variable that is not set there",
        because: "it stands for nothing",
        fix: "set it before with ENV, or declare it in the stage with ARG"
    )
    static let multipleInstructionsDisallowed = CheckRule(
        "MultipleInstructionsDisallowed",
        page: "multiple-instructions-disallowed",
        "CMD, ENTRYPOINT or HEALTHCHECK is there more than once in a stage",
        because: "only the last one counts",
        fix: "remove those before it"
    )
    static let legacyKeyValueFormat = CheckRule(
        "LegacyKeyValueFormat",
        page: "legacy-key-value-format",
        "ENV or LABEL has the old form with a blank",
        because: "the rest of the line, further pairs included, becomes the value",
        fix: "write name=value"
    )
    static let invalidBaseImagePlatform = CheckRule(
        "InvalidBaseImagePlatform",
        page: nil,
        "The base image is for another platform than the one asked for",
        because: "its programs run only where that platform is emulated",
        fix: "use an image that has the platform, or ask for the image's own with --platform"
    )
    static let redundantTargetPlatform = CheckRule(
        "RedundantTargetPlatform",
        page: "redundant-target-platform",
        "FROM asks for $TARGETPLATFORM",
        because: "that is what it takes anyway",
        fix: "leave --platform out"
    )
    static let secretsUsedInArgOrEnv = CheckRule(
        "SecretsUsedInArgOrEnv",
        page: "secrets-used-in-arg-or-env",
        "ARG or ENV has a name that says secret",
        because: "both stay readable in the image's config or history",
        fix: "use RUN --mount=type=secret"
    )
    static let invalidDefaultArgInFrom = CheckRule(
        "InvalidDefaultArgInFrom",
        page: "invalid-default-arg-in-from",
        "Without build arguments, FROM names no valid image",
        because: "the file builds only for those who know what to give",
        fix: "give the ARG a default, or write ${NAME:-default}"
    )
    static let fromPlatformFlagConstDisallowed = CheckRule(
        "FromPlatformFlagConstDisallowed",
        page: "from-platform-flag-const-disallowed",
        "FROM has a fixed platform",
        because: "the stage cannot be built for another one",
        fix: "use $BUILDPLATFORM, leave --platform out, or put system or processor into the stage's name"
    )
    static let copyIgnoredFile = CheckRule(
        "CopyIgnoredFile",
        page: "copy-ignored-file",
        "COPY or ADD names a file that the ignore file leaves out",
        because: "the file is not in the context, so that the build fails",
        fix: "take it out of .dockerignore, or do not copy it"
    )
    static let invalidDefinitionDescription = CheckRule(
        "InvalidDefinitionDescription",
        page: "invalid-definition-description",
        "The comment above an ARG or a stage does not describe it",
        because: "--call=outline and --call=targets show comments of the form `# NAME text`",
        fix: "begin the comment with the name, or put a line with only # below it",
        isExperimental: true
    )
    static let exposeProtoCasing = CheckRule(
        "ExposeProtoCasing",
        page: "expose-proto-casing",
        "EXPOSE has a protocol in capital letters",
        because: "the config holds it in small letters",
        fix: "write tcp, udp or sctp"
    )
    static let exposeInvalidFormat = CheckRule(
        "ExposeInvalidFormat",
        page: "expose-invalid-format",
        "EXPOSE has an address or a port of the host",
        because: "it counts for nothing here, and BuildKit has announced that it will refuse it",
        fix: "write the container's port only, and publish it with docker run -p"
    )
}
