internal import Bytes

/// The commands that look at images and move them, with docker's flags for each.
enum ImageFlags {
    private static let help = DockerFlag.here("--help", .switched, letter: "h")
    private static let platform = DockerFlag.lacking(
        "--platform",
        instead: "an image of the store is for one platform: leave it out"
    )

    /// Every flag of each command.
    static let all: [ByteString: [DockerFlag]] = [
        "images": [
            help, .here("--all", .switched, letter: "a"), .here("--digests", .switched),
            .here("--filter", .valued, letter: "f"), .here("--format", .valued), .here("--no-trunc", .switched),
            .here("--quiet", .switched, letter: "q"), .lacking("--tree", .switched),
        ],
        "inspect": [
            help, .here("--format", .valued, letter: "f"), .here("--size", .switched, letter: "s"),
            .here("--type", .valued), platform,
        ],
        "history": [
            help, .here("--format", .valued), .here("--human", .switched, letter: "H", inverse: "--no-human"),
            .here("--no-trunc", .switched), .here("--quiet", .switched, letter: "q"), platform,
        ],
        "tag": [help],
        "rmi": [
            help, .here("--force", .switched, letter: "f"), .here("--no-prune", .switched), platform,
        ],
        "save": [help, .here("--output", .valued, letter: "o"), platform],
        "load": [help, .here("--input", .valued, letter: "i"), .here("--quiet", .switched, letter: "q"), platform],
        "import": [
            help, .here("--change", .valued, letter: "c"), .here("--message", .valued, letter: "m"),
            .here("--platform", .valued),
        ],
    ]

    /// The words of `image`'s own commands, by the command that each is.
    private static let grouped: [ByteString: [ByteString]] = [
        "build": ["build"], "history": ["history"], "import": ["import"], "inspect": ["inspect", "--type", "image"],
        "load": ["load"], "ls": ["images"], "list": ["images"], "pull": ["pull"], "push": ["push"], "rm": ["rmi"],
        "remove": ["rmi"], "save": ["save"], "tag": ["tag"],
    ]

    /// `image ls` is `images`, and so on; other words stay as they are.
    static func ungrouped(_ words: [ByteString]) -> [ByteString] {
        guard words.first == "image", words.count > 1, let command = grouped[words[1]] else { return words }
        return command + words.dropFirst(2)
    }
}
