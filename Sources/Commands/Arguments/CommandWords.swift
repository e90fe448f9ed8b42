internal import Bytes
internal import Glibc

/// The words of a command line, as docker's parser (pflag) understands them, in a form that leaves nothing to be guessed:
/// `build --name value … -- context`.
///
/// Here `--name=value`, `-tname`, `-qt name` and `--switch=false` are taken apart, at bytes, and here flags that docker
/// has and we do not are refused by name.
struct CommandWords {
    /// Commands and what the parser answers itself; any other first word but `check` belongs to `build`.
    private static let others: Set<ByteString> = [
        "diff", "dockerfile", "image", "info", "layers", "login", "logout", "pull", "push", "search", "version", "help",
        "--help", "-h", "--version", "--generate-completion-script", "--experimental-dump-help",
    ]

    /// Commands of docker's vocabulary that are planned: as a single word they are refused by name, unless there is a
    /// folder of that name to build.
    ///
    /// `build NAME` and `./NAME` always mean the folder.
    private static let planned: Set<ByteString> = [
        "cache", "completion", "context", "exec", "network", "ps", "run", "volume",
    ]

    /// What the parser of the commands gets.
    private(set) var normalized: [ByteString] = []
    private var command: ByteString = "build"
    private var flags = DockerFlag.all

    /// - Parameter words: the arguments after the program's name.
    /// - Throws: `UsageError` for a flag that is not known or not supported, or has no value.
    init(_ words: [ByteString]) throws(UsageError) {
        let words = ImageFlags.ungrouped(words)
        if let first = words.first, Self.others.contains(first) {
            normalized = words
            return
        }
        var rest = words[...]
        if let first = rest.first, first == "build" || first == "check" {
            rest.removeFirst()
            command = first
        } else if let first = rest.first, let known = ImageFlags.all[first] {
            rest.removeFirst()
            command = first
            flags = known
        } else if let first = rest.first, Self.planned.contains(first), access(first.text, F_OK) != 0 {
            throw .notSupported(
                "the command \"\(first.text)\"",
                instead: "swift-build-image --help lists the commands that there are"
            )
        }
        normalized = [command]
        if command == "check" { flags += DockerFlag.ofCheck }
        var positional: [ByteString] = []
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                break
            } else if word.hasPrefix("--") {
                try takeLong(word, &rest)
            } else if word.hasPrefix("-"), word.count > 1 {
                try takeShort(word, &rest)
            } else {
                positional.append(word)
            }
        }
        if !positional.isEmpty { normalized += ["--"] + positional }
    }

    private mutating func takeLong(_ word: ByteString, _ rest: inout ArraySlice<ByteString>) throws(UsageError) {
        let equals = word.bytes.firstIndex(of: UInt8(ascii: "=")) ?? word.count
        let name = ByteString(Array(word.bytes[..<equals]))
        let value = equals < word.count ? ByteString(Array(word.bytes[(equals + 1)...])) : nil
        guard let flag = flags.first(where: { ByteString($0.name) == name }) else {
            throw .unknownFlag(name, nearest: NearestFlag.name(for: name, among: flags))
        }
        try take(flag, named: flag.name, value: value, &rest)
    }

    /// Letters that may stand together; the first that has a value takes what is left.
    private mutating func takeShort(_ word: ByteString, _ rest: inout ArraySlice<ByteString>) throws(UsageError) {
        var letters = word.bytes.dropFirst()
        while let letter = letters.popFirst() {
            let name = "-" + String(Unicode.Scalar(letter))
            guard let flag = flags.first(where: { $0.letter == letter }) else {
                throw .unknownFlag(ByteString([UInt8(ascii: "-"), letter]), nearest: nil)
            }
            var value: ByteString?
            if letters.first == UInt8(ascii: "=") {
                value = ByteString(Array(letters.dropFirst()))
            } else if flag.kind == .valued, !letters.isEmpty {
                value = ByteString(Array(letters))
            }
            if value != nil { letters = [] }
            try take(flag, named: name, value: value, &rest)
        }
    }

    private mutating func take(
        _ flag: DockerFlag,
        named name: String,
        value given: ByteString?,
        _ rest: inout ArraySlice<ByteString>
    ) throws(UsageError) {
        var value = given
        if flag.kind == .valued, value == nil { value = rest.popFirst() }
        if case .no(let instead) = flag.support {
            if let value, flag.neutral.contains(value) { return }
            throw .notSupported(name, instead: instead)
        }
        switch flag.kind {
        case .valued:
            guard let value else { throw .missingValue(flag: name) }
            normalized += [ByteString(flag.name), value]
        case .switched:
            if let value, DockerFlag.falseWords.contains(value) {
                if let inverse = flag.inverse { normalized.append(ByteString(inverse)) }
                return
            }
            if let value, !DockerFlag.trueWords.contains(value) { throw .unexpectedValue(flag: name, value) }
            normalized.append(ByteString(flag.name))
        }
    }
}
