internal import Bytes

/// A flag of `docker buildx build` or of the older `docker build`.
///
/// The list is whole, so that each is either done or refused by its name, and none taken and forgotten.
struct DockerFlag: Sendable {
    /// Whether an argument follows.
    enum Kind: Sendable {
        case switched, valued
    }

    /// What becomes of it here.
    enum Support: Sendable {
        case yes
        /// Refused, with what to do instead if something can be done.
        case no(instead: String?)
    }

    /// The long name, with its dashes.
    let name: String
    /// The short name's letter.
    let letter: UInt8?
    let kind: Kind
    let support: Support
    /// Whether it can be used.
    var isSupported: Bool { if case .yes = support { true } else { false } }

    /// Values that ask for nothing but what is done anyway, so they need not be refused.
    let neutral: [ByteString]

    /// What stands for the flag with a false value, where that is not the same as without it.
    let inverse: String?

    static func here(
        _ name: String,
        _ kind: Kind,
        letter: Unicode.Scalar? = nil,
        inverse: String? = nil
    ) -> DockerFlag {
        DockerFlag(
            name: name,
            letter: letter.map { UInt8(ascii: $0) },
            kind: kind,
            support: .yes,
            neutral: kind == .switched ? falseWords : [],
            inverse: inverse
        )
    }

    static func lacking(
        _ name: String,
        _ kind: Kind = .valued,
        letter: Unicode.Scalar? = nil,
        neutral: [ByteString]? = nil,
        instead: String? = nil
    ) -> DockerFlag {
        DockerFlag(
            name: name,
            letter: letter.map { UInt8(ascii: $0) },
            kind: kind,
            support: .no(instead: instead),
            neutral: neutral ?? (kind == .switched ? falseWords : []),
            inverse: nil
        )
    }

    /// What Go's `strconv.ParseBool` takes for false and for true, as docker's flags do.
    static let falseWords: [ByteString] = ["0", "f", "F", "false", "FALSE", "False"]
    static let trueWords: [ByteString] = ["1", "t", "T", "true", "TRUE", "True"]

    private static let limitsInstead = "run the whole build under a limit, for example with systemd-run --scope -p"

    /// The flags that only `check` has.
    static let ofCheck = [here("--format", .valued)]

    /// Every flag of `build`, ours first.
    static let all: [DockerFlag] = [
        here("--add-host", .valued),
        here("--allow", .valued),
        here("--annotation", .valued),
        here("--build-arg", .valued),
        here("--build-context", .valued),
        here("--call", .valued),
        here("--check", .switched),
        here("--file", .valued, letter: "f"),
        here("--help", .switched, letter: "h"),
        here("--iidfile", .valued),
        here("--insecure-registry", .valued),
        here("--label", .valued),
        here("--load", .switched),
        here("--metadata-file", .valued),
        here("--network", .valued),
        here("--no-cache", .switched),
        here("--output", .valued, letter: "o"),
        here("--platform", .valued),
        here("--progress", .valued),
        here("--pull", .switched),
        here("--push", .switched),
        here("--quiet", .switched, letter: "q"),
        here("--secret", .valued),
        here("--ssh", .valued),
        here("--tag", .valued, letter: "t"),
        here("--target", .valued),

        lacking("--attest"),
        lacking("--builder", instead: "there are no builders to choose from: leave it out"),
        lacking("--cache-from", instead: "the local cache is always used"),
        lacking("--cache-to", instead: "the local cache is always written"),
        lacking("--cgroup-parent", instead: limitsInstead),
        lacking("--debug", .switched, letter: "D"),
        lacking("--invoke"),
        lacking("--no-cache-filter", instead: "--no-cache builds all stages anew"),
        lacking("--policy"),
        lacking("--print", instead: "its name is --call now"),
        lacking("--provenance", neutral: falseWords),
        lacking("--resource", instead: limitsInstead),
        lacking("--root"),
        lacking("--sbom", neutral: falseWords),
        lacking("--server-config"),
        lacking("--shm-size"),
        lacking("--ulimit", instead: "set it in the shell that starts the build, with ulimit"),

        lacking("--compress", .switched, instead: "the context is read where it is: leave it out"),
        lacking("--cpu-period", instead: limitsInstead),
        lacking("--cpu-quota", instead: limitsInstead),
        lacking("--cpu-shares", letter: "c", instead: limitsInstead),
        lacking("--cpuset-cpus", instead: "start the build with taskset"),
        lacking("--cpuset-mems", instead: "start the build with numactl"),
        lacking("--disable-content-trust", .switched, neutral: []),
        lacking("--force-rm", .switched, instead: "there are no intermediate containers: leave it out"),
        lacking("--isolation", neutral: ["", "default"]),
        lacking("--memory", letter: "m", instead: limitsInstead),
        lacking("--memory-swap", instead: limitsInstead),
        lacking("--rm", .switched, neutral: [], instead: "there are no intermediate containers: leave it out"),
        lacking("--security-opt"),
        lacking("--squash", .switched),
        lacking("--stream", .switched),
    ]
}
