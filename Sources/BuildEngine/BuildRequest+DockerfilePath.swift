internal import Bytes
internal import Glibc

extension BuildRequest {
    /// Where people and code scanners find the Dockerfile: from the working directory on if it lies beneath it.
    ///
    /// Just `Dockerfile` for one from standard input.
    package var dockerfilePath: String {
        let path: ByteString
        switch dockerfile {
        case .standardInput: return "Dockerfile"
        case .file(let file): path = file
        case nil: path = context == "." ? "Dockerfile" : context + "/Dockerfile"
        }
        guard path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path.escaped }
        defer { free(folder) }
        let beneath = ByteString(String(cString: folder)) + "/"
        return path.hasPrefix(beneath) ? ByteString(Array(path.bytes.dropFirst(beneath.count))).escaped : path.escaped
    }
}
