extension CheckRule {
    /// The rules that BuildKit does not have.
    static let own: [CheckRule] = [
        unpinnedBaseImage, unusedStage, aptUpdateAlone, contextCopiedBeforeInstall, secretFileCopied,
        secretInDockerfile, unknownCheckName,
    ]

    static let unpinnedBaseImage = CheckRule(
        own: "UnpinnedBaseImage",
        "An image is named without tag or digest, or by latest",
        because: "the same file builds another image when the name moves",
        fix: "name a version, best with its digest: image:1.2@sha256:…"
    )
    static let unusedStage = CheckRule(
        own: "UnusedStage",
        "Nothing uses a stage",
        because: "it is not built, so that its mistakes stay unseen",
        fix: "remove it; if it is a target, say so with a comment `# NAME text` above it"
    )
    static let aptUpdateAlone = CheckRule(
        own: "AptUpdateAlone",
        "apt-get update runs in a step without an install",
        because: "the step stays in the cache, so that later installs use an index that is out of date",
        fix: "write RUN apt-get update && apt-get install … in one step"
    )
    static let contextCopiedBeforeInstall = CheckRule(
        own: "ContextCopiedBeforeInstall",
        "The whole context is copied before dependencies are installed",
        because: "every change of any file installs them again",
        fix: "copy the files that list the dependencies, install, then copy the rest"
    )
    static let secretFileCopied = CheckRule(
        own: "SecretFileCopied",
        "A file that looks like a key or credentials is copied into a layer",
        because: "whoever has the image can read it, even if a later step removes it",
        fix: "use RUN --mount=type=secret, and list the file in .dockerignore"
    )
    static let secretInDockerfile = CheckRule(
        own: "SecretInDockerfile",
        "The Dockerfile holds what looks like a key or token",
        because: "it is in the repository, in the image's history and often in its config",
        fix: "revoke it, and use RUN --mount=type=secret",
        runsInBuilds: true
    )
    static let unknownCheckName = CheckRule(
        own: "UnknownCheckName",
        "skip or experimental names a check that does not exist",
        because: "a misspelt name skips nothing",
        fix: "correct the name or remove it"
    )
}
