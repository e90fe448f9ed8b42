package import Bytes
internal import Glibc
package import Linux

/// Why a step could not be prepared or started.
///
/// A program that ran and failed is no error: see ``ExitStatus``.
package enum SandboxError: Error, Sendable, Hashable {
    /// A system call of the engine failed; `doing` says for what.
    case system(SystemError, doing: String)
    /// This machine does not let us make the namespaces of a step.
    case unavailable(SystemError)
    /// Something between clone and exec failed, in the new namespaces; `code` is an errno.
    case setUp(SetUpStage, code: CInt)
    /// No such program, in the PATH or at the path that was given.
    case programNotFound(ByteString)
    /// The program is there, but not the interpreter that its first line or its ELF header names.
    case interpreterNotFound(ByteString)
    /// The program is there and cannot be executed; `code` is an errno.
    case programNotExecutable(ByteString, code: CInt)
    /// The working directory cannot be entered; `code` is an errno.
    case workingDirectory(ByteString, code: CInt)
    /// The target of a mount cannot be used; the reason is a phrase.
    case mountTarget(ByteString, reason: String)
    /// Something the image has does not allow a step: `/proc` is a link, say. The reason is a phrase.
    case unusableImage(path: ByteString, reason: String)
    /// A step was described in a way that no process can have: no arguments, a NUL byte in one.
    case invalidStep(String)
    /// A USER that the image's passwd or group file does not have, or with a number out of range.
    case noSuchUser(String)
    /// The step was cancelled; its processes are gone.
    case cancelled
}

extension SandboxError {
    /// The exit code that a shell or a container runtime has for this, where there is one: 127 not found, 126 not
    /// executable.
    package var exitCode: CInt? {
        switch self {
        case .programNotFound, .interpreterNotFound: 127
        case .programNotExecutable: 126
        default: nil
        }
    }

    package var message: String {
        switch self {
        case .system(let error, let doing): "\(doing): \(error.message)"
        case .unavailable(let error): "isolation \"namespaces\" cannot be had here: \(error.message)"
        case .setUp(let stage, let code): "cannot start the step: \(stage.words): \(reason(code))"
        case .programNotFound(let name):
            if name.bytes.contains(0x2F) {
                "exec: \"\(name.escaped)\": no such file or directory"
            } else {
                "exec: \"\(name.escaped)\": executable file not found in $PATH"
            }
        case .interpreterNotFound(let name):
            "exec: \"\(name.escaped)\": the interpreter that it needs is not in the image"
        case .programNotExecutable(let name, let code): "exec: \"\(name.escaped)\": \(reason(code))"
        case .workingDirectory(let path, let code): "working directory \(path.escaped): \(reason(code))"
        case .mountTarget(let path, let reason): "mount target \(path.escaped): \(reason)"
        case .unusableImage(let path, let reason): "the image's \(path.escaped) \(reason)"
        case .invalidStep(let reason): reason
        case .noSuchUser(let reason): reason
        case .cancelled: "cancelled"
        }
    }

    package var remedy: String? {
        switch self {
        case .system(let error, _): error.remedy
        case .unavailable, .setUp(_, EPERM), .setUp(_, EACCES):
            "it needs root with the right to mount (CAP_SYS_ADMIN), outside of an unprivileged container or a chroot"
        case .programNotFound("/bin/sh"):
            "the image has no shell at /bin/sh: use the exec form, RUN [\"program\", \"argument\"], or name another with SHELL"
        case .programNotFound(let name):
            "install \(name.escaped) in an earlier step, or check its name\(name.hasPrefix("/") ? "" : " and PATH"); "
                + "without a JSON array, SHELL is what is run"
        case .interpreterNotFound: "look at the first line of the script, or install the program's dynamic loader"
        case .programNotExecutable(_, ENOEXEC): "it is made for another processor, or it is a script without #!"
        case .programNotExecutable(_, EACCES): "chmod +x it, or COPY it with --chmod=755"
        case .programNotExecutable(_, E2BIG): "arguments and environment together are too long for the kernel"
        case .workingDirectory(_, ENOENT):
            "a directory of that path cannot be entered in the step: choose another WORKDIR"
        case .noSuchUser: "use a number with USER, or add the user or group in an earlier step"
        default: nil
        }
    }

    private func reason(_ code: CInt) -> String { SystemError(code: code, call: "").reason }
}

extension SandboxError: CustomStringConvertible {
    package var description: String { message }
}

/// Runs `body` and says what it was for if a system call in it fails.
func doing<Value>(_ action: String, _ body: () throws(SystemError) -> Value) throws(SandboxError) -> Value {
    do throws(SystemError) { return try body() } catch { throw .system(error, doing: action) }
}
