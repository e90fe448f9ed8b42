package import Bytes

/// Why the files of a git repository could not be had; no case holds a password.
package enum GitError: DescribedError, Hashable, Sendable {
    /// There is no program `git`.
    case notInstalled(repository: String)
    /// `git` failed; `told` is the last of what it says itself.
    case failed(repository: String, doing: String, told: String)
    case unknownReference(repository: String, ByteString)
    /// The commit is another one than it should be.
    case wrongCommit(repository: String, expected: ByteString, found: [ByteString])
    /// What `git` says is no answer to what it was asked.
    case malformedAnswer(repository: String, doing: String)
    case noDirectory(repository: String, ByteString)

    /// Whether the host lacks something, and nothing is wrong with the repository.
    package var isOfHost: Bool { if case .notInstalled = self { true } else { false } }

    package var message: String {
        switch self {
        case .notInstalled(let repository): "\(repository): there is no program git on this host's PATH"
        case .failed(let repository, let doing, let told): "\(repository): \(doing) failed: \(told)"
        case .unknownReference(let repository, let name):
            "\(repository): the repository has no branch, tag or commit \(name.escaped)"
        case .wrongCommit(let repository, let expected, let found):
            "\(repository): the commit is \(found.map(\.escaped).joined(separator: " or ")) instead of \(expected.escaped)"
        case .malformedAnswer(let repository, let doing): "\(repository): git gave no answer that is one, \(doing)"
        case .noDirectory(let repository, let path): "\(repository): \(path.escaped) is no directory of the commit"
        }
    }

    package var remedy: String? {
        switch self {
        case .notInstalled: "install git, or ADD an archive of the repository by its URL with --unpack=true"
        case .failed(_, _, let told)
        where told.contains("terminal prompts disabled") || told.contains("Authentication"):
            "give a token as a secret: --secret id=GIT_AUTH_TOKEN,env=VARIABLE"
        case .failed(_, _, let told) where told.contains("Permission denied (publickey"):
            "let it ask your SSH agent, --ssh default, or give a token for its https URL: --secret id=GIT_AUTH_TOKEN,env=VARIABLE"
        case .failed: "check the URL and the network"
        case .unknownReference: "check the name after #, or leave it out for the default branch"
        case .wrongCommit: "if the new commit is right, write it into --checksum"
        case .malformedAnswer: nil
        case .noDirectory: "check what stands after the colon in the URL"
        }
    }
}
