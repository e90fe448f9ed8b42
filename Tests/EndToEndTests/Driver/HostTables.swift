import Glibc

/// The processes of the host that have a word among their arguments.
func processes(with word: String) throws -> [pid_t] {
    names(in: "/proc").compactMap { pid_t($0) }.filter { number in
        guard let bytes = try? readFile("/proc/\(number)/cmdline") else { return false }
        return bytes.split(separator: 0).contains { $0.elementsEqual(word.utf8) }
    }
}

/// The lines of the host's mount table that hold some text.
func mounts(with text: String) throws -> [String] {
    try readText("/proc/self/mountinfo").split(separator: "\n").map(String.init).filter { $0.contains(text) }
}
