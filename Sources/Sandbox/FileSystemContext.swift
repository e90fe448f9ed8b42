internal import Bytes
internal import CLinux
internal import Glibc
internal import Linux

/// A file system that is being configured: fsopen(2), fsconfig(2), fsmount(2).
struct FileSystemContext {
    private let descriptor: Descriptor
    private let type: ByteString

    var number: CInt { descriptor.number }

    init(_ type: ByteString) throws(SystemError) {
        let number = try type.withCPath { sbi_fsopen($0) }
        guard number >= 0 else { throw SystemError.last("fsopen", type) }
        descriptor = Descriptor(owning: number)
        self.type = type
    }

    /// Values are cut off by the kernel at 255 bytes, so it refuses longer ones.
    func set(_ key: ByteString, _ value: ByteString) throws(SystemError) {
        var failure: SystemError?
        let result = try key.withCPath { key in
            do throws(SystemError) { return try value.withCPath { sbi_fsconfig_string(number, key, $0) } } catch {
                failure = error
                return -1
            }
        }
        if let failure { throw failure }
        guard result == 0 else { throw error(key + "=" + value) }
    }

    func setFlag(_ key: ByteString) throws(SystemError) {
        guard try key.withCPath({ sbi_fsconfig_flag(number, $0) }) == 0 else { throw error(key) }
    }

    func set(_ key: ByteString, _ value: Descriptor) throws(SystemError) {
        guard try key.withCPath({ sbi_fsconfig_descriptor(number, $0, value.number) }) == 0 else { throw error(key) }
    }

    /// Makes the file system and a detached mount of it.
    func mount(_ attributes: DetachedMount.Attributes) throws(SystemError) -> DetachedMount {
        guard sbi_fsconfig_create(number) == 0 else { throw error("create") }
        let mount = sbi_fsmount(number, attributes.rawValue)
        guard mount >= 0 else { throw SystemError.last("fsmount", type) }
        return DetachedMount(Descriptor(owning: mount))
    }

    /// The failure that errno tells of, with what the kernel says about it in words, where it does.
    private func error(_ what: ByteString) -> SystemError {
        let code = errno
        var buffer = [UInt8](repeating: 0, count: 512)
        var text = what
        while true {
            let count = buffer.withUnsafeMutableBytes { read(number, $0.baseAddress, $0.count) }
            guard count > 2 else { break }
            text += " (" + ByteString(buffer[2..<count].filter { $0 != 0x0A }) + ")"
        }
        return SystemError(code: code, call: "fsconfig \(type.text)", path: text)
    }
}
