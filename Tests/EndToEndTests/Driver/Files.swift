import Glibc

/// Writes a whole file anew, with the folders above it.
func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    let parent = folder(of: path)
    if access(parent, F_OK) != 0 {
        var made = ""
        for part in parent.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o755)
        }
    }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw DriverError(call: "open", path) }
    defer { close(file) }
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
        guard count > 0 else { throw DriverError(call: "write", path) }
        written += count
    }
    guard fchmod(file, mode) == 0 else { throw DriverError(call: "fchmod", path) }
}

/// Reads a whole file.
func readFile(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw DriverError(call: "open", path) }
    defer { close(file) }
    var (result, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
        let count = read(file, &buffer, buffer.count)
        guard count >= 0 else { throw DriverError(call: "read", path) }
        guard count > 0 else { return result }
        result += buffer[..<count]
    }
}

/// Reads a whole file as text.
func readText(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

/// The names in a folder, sorted; none where it is missing.
func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var result: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { result.append(name) }
    }
    return result.sorted()
}

/// What lstat says of a file.
func status(_ path: String) throws -> stat {
    var result = stat()
    guard lstat(path, &result) == 0 else { throw DriverError(call: "lstat", path) }
    return result
}
