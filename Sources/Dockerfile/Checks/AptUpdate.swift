/// Steps that update the package index of Debian and do nothing with it.
enum AptUpdate {
    /// Commands that are known to install nothing.
    private static let harmless: Set<String> = [
        "rm", "echo", "set", "true", "false", ":", "cd", "mkdir", "export", "sed", "cp", "mv", "printf", "cat", "ln",
        "chmod", "chown", "touch", "tee", "test", "[", "dpkg", "dpkg-architecture", "add-apt-repository", "apt-mark",
        "apt-key", "apt-config", "curl", "wget", "gpg", "gpgconf", "lsb_release", "awk", "grep", "uname", "tr", "cut",
        "head", "tail", "ls", "date", "sleep", "unset", "update-ca-certificates", "locale-gen", "groupadd", "useradd",
        "fi", "esac", "done", "break", "continue", "exit", "return",
    ]
    /// What apt-get can do without using the index.
    private static let idle: Set<String> = ["update", "clean", "autoclean", "autoremove", "remove", "purge"]

    /// Whether there is an update, and after the last one nothing that may need it; commands that nobody knows may.
    static func standsAlone(in commands: [[String]]) -> Bool {
        guard let last = commands.lastIndex(where: { verb(of: $0) == "update" }) else { return false }
        // In a loop, what is written before it runs after it, too.
        let isLoop = commands[last...].contains { $0.first == "done" }
        return commands[(isLoop ? 0 : last)...].allSatisfy(isHarmless)
    }

    private static func isHarmless(_ command: [String]) -> Bool {
        if let verb = verb(of: command) { return idle.contains(verb) }
        return harmless.contains(name(of: command))
    }

    private static func name(of command: [String]) -> String {
        command.first?.split(separator: "/").last.map(String.init) ?? ""
    }

    /// What apt-get or apt is to do; empty if nothing is said, nil for other commands.
    private static func verb(of command: [String]) -> String? {
        guard ["apt-get", "apt"].contains(name(of: command)) else { return nil }
        return command.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") && !$0.contains("::") } ?? ""
    }
}
