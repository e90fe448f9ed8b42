/// A command that installs what a project depends on.
struct DependencyInstall: Hashable {
    /// The name of the tool.
    let tool: String
    /// Whether the command says what it installs, instead of a file of the project.
    let namesPackages: Bool

    /// Reads a command.
    ///
    /// - Returns: nil if it installs nothing, or the project itself.
    init?(_ command: [String]) {
        guard var tool = command.first.map(Self.name) else { return nil }
        var arguments = Array(command.dropFirst())
        // `python -m pip install` is pip.
        if tool.hasPrefix("python"), arguments.first == "-m", arguments.count > 1 {
            tool = arguments[1]
            arguments.removeFirst(2)
        }
        if tool == "pip3" { tool = "pip" }
        if tool == "uv", arguments.first == "pip" {
            tool = "pip"
            arguments.removeFirst()
        }
        let rest = Self.withoutValues(arguments)
        guard Self.installs(tool, rest, arguments), !rest.contains(where: Self.isProject) else { return nil }
        self.tool = tool
        let isFromList = arguments.contains { $0.hasPrefix("-r") || $0.hasPrefix("--requirement") }
        namesPackages = !isFromList && rest.count { !$0.hasPrefix("-") } > 1
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Flags whose value is the next word, and says where something is rather than what is installed.
    private static let flagsWithValue: Set<String> = [
        "-r", "--requirement", "-c", "--constraint", "-t", "--target", "--prefix", "--root", "-i", "--index-url",
        "--extra-index-url", "--find-links", "--cache-dir", "--cache", "--cwd", "--dir", "-C", "--userconfig",
        "--registry", "--gemfile", "--path", "--working-dir", "-d", "-o", "-f", "--file",
    ]

    /// The words without flags that have a value, and without that.
    private static func withoutValues(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var skips = false
        for argument in arguments {
            if skips {
                skips = false
            } else if flagsWithValue.contains(argument) {
                skips = true
            } else {
                result.append(argument)
            }
        }
        return result
    }

    /// Whether an argument names the project or a file of it.
    private static func isProject(_ argument: String) -> Bool {
        argument == "." || argument.hasPrefix("./") || argument.hasPrefix("../") || argument.hasPrefix(".[")
            || argument.hasPrefix("/") || argument.hasPrefix("file:") || argument == "-e" || argument == "--editable"
            || [".whl", ".tgz", ".tar.gz", ".deb", ".rpm", ".apk"].contains { argument.hasSuffix($0) }
    }

    /// Whether the tool installs something; `rest` are its words without values of flags, `arguments` all.
    private static func installs(_ tool: String, _ rest: [String], _ arguments: [String]) -> Bool {
        let words = rest.filter { !$0.hasPrefix("-") && !$0.contains("=") }
        let verb = words.first ?? ""
        switch tool {
        case "npm": return ["ci", "clean-install", "install", "i", "add"].contains(verb)
        case "pnpm", "bun": return ["install", "i", "fetch", "add"].contains(verb)
        case "yarn", "bundle":
            let asks = ["-v", "--version", "-h", "--help"].contains { arguments.contains($0) }
            return verb.isEmpty && !asks || verb == "install"
        case "pip":
            return verb == "install"
                && (words.count > 1 || arguments.contains { $0.hasPrefix("-r") || $0.hasPrefix("--requirement") })
        case "poetry", "composer": return verb == "install"
        case "pipenv", "uv": return ["install", "sync"].contains(verb)
        case "conda", "mamba", "micromamba":
            return verb == "install" || words.starts(with: ["env", "create"]) || words.starts(with: ["env", "update"])
        case "go": return words.starts(with: ["mod", "download"])
        case "cargo": return verb == "fetch"
        case "mvn", "mvnw": return words.contains { $0.hasPrefix("dependency:") }
        case "gradle", "gradlew": return verb == "dependencies"
        case "dotnet": return verb == "restore"
        case "mix": return verb == "deps.get"
        case "apt-get", "apt", "dnf", "yum", "microdnf": return verb == "install"
        case "apk": return verb == "add"
        case "zypper": return ["install", "in"].contains(verb)
        default: return false
        }
    }
}
