package import Bytes
internal import Glibc

/// A system call that failed: what was tried, on which path, and why.
package struct SystemError: Error, Sendable, Hashable {
    /// The value of errno.
    package let code: CInt
    /// The call or the action, such as `openat2` or `read`.
    package let call: String
    /// What it was tried on, as far as it is known; relative to the directory that was open.
    package let path: ByteString?

    package init(code: CInt, call: String, path: ByteString? = nil) {
        self.code = code
        self.call = call
        self.path = path
    }

    /// The failure that errno tells of now.
    package static func last(_ call: String, _ path: ByteString? = nil) -> SystemError {
        SystemError(code: errno, call: call, path: path)
    }

    /// The reason in words, as strerror(3) has it.
    package var reason: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var message: String {
        guard let path, !path.isEmpty else { return "\(call): \(reason)" }
        return "\(call) \(path.escaped): \(reason)"
    }

    package var remedy: String? {
        switch code {
        case ENOSPC, EDQUOT:
            "free some space on that file system, or put the state root elsewhere with SWIFT_BUILD_IMAGE_ROOT"
        case EACCES, EPERM: "check who owns it and whether this user may reach it"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        case EROFS: "it is on a read-only file system"
        default: nil
        }
    }

    package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
    package var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }
}

extension SystemError: CustomStringConvertible {
    package var description: String { message }
}

/// Runs a call that returns -1 on failure, again when a signal interrupted it.
@discardableResult
package func retrying<Value: SignedInteger>(
    _ call: String,
    _ path: @autoclosure () -> ByteString? = nil,
    _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let result = body()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError.last(call, path()) }
    }
}

extension ByteString {
    /// The bytes with a NUL at the end, for a system call.
    ///
    /// A NUL inside would cut the name: it is refused with EINVAL.
    package func withCPath<Value>(_ body: (UnsafePointer<CChar>) -> Value) throws(SystemError) -> Value {
        if bytes.contains(0) { throw SystemError(code: EINVAL, call: "name with a NUL byte", path: self) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            buffer[bytes.count] = 0
            guard let base = buffer.baseAddress else {
                preconditionFailure("a buffer of at least one byte has an address")
            }
            return body(UnsafePointer(base))
        }
    }
}
