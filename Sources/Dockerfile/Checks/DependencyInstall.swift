/// Commands that install what a list of dependencies names.
enum DependencyInstall {
    /// The name of the tool, if the command is one of its installs and does not install the project itself.
    static func tool(_ command: [String]) -> String? {
        guard var tool = command.first.map(name) else { return nil }
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
        guard installs(tool, arguments) else { return nil }
        return arguments.contains(where: isProject) ? nil : tool
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Whether an argument names the project or a file of it.
    private static func isProject(_ argument: String) -> Bool {
        argument == "." || argument.hasPrefix("./") || argument.hasPrefix("../") || argument.hasPrefix(".[")
            || argument.hasPrefix("/") || argument.hasPrefix("file:") || argument == "-e" || argument == "--editable"
    }

    private static func installs(_ tool: String, _ arguments: [String]) -> Bool {
        let words = arguments.filter { !$0.hasPrefix("-") }
        let verb = words.first ?? ""
        switch tool {
        case "npm": return ["ci", "install", "i"].contains(verb)
        case "pnpm", "bun": return ["install", "i", "fetch"].contains(verb)
        case "yarn", "bundle": return verb.isEmpty && arguments.isEmpty || verb == "install"
        case "pip": return verb == "install" && arguments.contains { $0.hasPrefix("-r") || $0 == "--requirement" }
        case "poetry", "composer": return verb == "install"
        case "pipenv", "uv": return ["install", "sync"].contains(verb)
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

/// Steps that update the package index of Debian and do nothing with it.
enum AptUpdate {
    /// Commands that are known to install nothing.
    private static let harmless: Set<String> = [
        "apt-get", "apt", "rm", "echo", "set", "true", ":", "cd", "mkdir", "export", "sed", "cp", "mv", "printf", "cat",
        "ln", "chmod", "chown", "touch", "tee", "test", "[",
    ]
    /// What apt-get can do without using the index.
    private static let idle: Set<String> = ["update", "clean", "autoclean", "autoremove", "remove", "purge"]

    /// Whether there is an update and nothing else that may need it; commands that nobody knows may.
    static func standsAlone(in commands: [[String]]) -> Bool {
        var updates = false
        for command in commands {
            let name = command.first?.split(separator: "/").last.map(String.init) ?? ""
            guard harmless.contains(name) else { return false }
            guard name.hasPrefix("apt") else { continue }
            let verbs = command.dropFirst().filter { !$0.hasPrefix("-") && !$0.contains("=") && !$0.contains("::") }
            guard let verb = verbs.first, idle.contains(verb) else { return false }
            if verb == "update" { updates = true }
        }
        return updates
    }
}
