internal import Bytes
internal import Glibc
internal import Reports

/// A file that could not be written.
struct FileWriteError: DescribedError {
    let path: ByteString
    /// The error number.
    let code: Int32

    var message: String { "cannot write \(path.escaped): \(String(cString: strerror(code)))" }

    var remedy: String? {
        switch code {
        case ENOENT: "make the folder first"
        case ENOSPC: "free some space on that file system"
        default: nil
        }
    }
}

/// A small file that is there whole or not at all: `--iidfile`, `--metadata-file`.
struct ResultFile {
    /// Where it goes.
    let path: ByteString

    /// Removes what an earlier build has left, so that a build that fails leaves no result that looks like its own.
    func removeStale() {
        if isReplaceable { unlink(path.cString) }
    }

    /// Writes the content under another name beside the file, then puts it in its place.
    ///
    /// What is there and no regular file, such as `/dev/stdout` or a pipe, is written to as it is.
    func write(_ content: [UInt8]) throws(FileWriteError) {
        guard isReplaceable else { return try write(content, to: path, flags: O_WRONLY | O_CREAT | O_TRUNC) }
        let temporary = path + ByteString(".\(getpid()).tmp")
        unlink(temporary.cString)
        do throws(FileWriteError) {
            try write(content, to: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
            guard rename(temporary.cString, path.cString) == 0 else { throw failure() }
        } catch {
            unlink(temporary.cString)
            throw error
        }
    }

    /// Whether a rename can put the file into its place: nothing is there, or a regular file.
    private var isReplaceable: Bool {
        var status = stat()
        guard lstat(path.cString, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG
    }

    private func write(_ content: [UInt8], to file: ByteString, flags: Int32) throws(FileWriteError) {
        let descriptor = open(file.cString, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        let code = FileOutput.write(content, to: descriptor)
        // Some file systems tell a full disk only when the file is closed.
        let closed = close(descriptor)
        if let code { throw FileWriteError(path: path, code: code) }
        guard closed == 0 else { throw failure() }
    }

    private func failure() -> FileWriteError { FileWriteError(path: path, code: errno) }
}

extension ByteString {
    /// The bytes with the zero that system calls end a path at.
    ///
    /// Arguments of a process never hold one inside.
    fileprivate var cString: [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }
}
