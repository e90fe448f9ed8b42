internal import Bytes
internal import Glibc
internal import Linux

/// Reads settings files, which are the user's or the host's: links are followed, a missing file is nothing.
enum SettingsFile {
    /// The largest settings file, in bytes.
    static let limit = 4 << 20

    /// The file's bytes; nil where there is none.
    ///
    /// `/dev/null` is an empty file; fifos, folders and other devices are refused.
    static func read(_ path: ByteString) throws(SettingsError) -> [UInt8]? {
        do throws(SystemError) {
            let number = try path.withCPath { open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) }
            guard number >= 0 else { throw SystemError.last("open", path) }
            let file = Linux.Descriptor(owning: number)
            let kind = try file.status().kind
            if path == "/dev/null" { return [] }
            guard kind == .file else { throw SystemError(code: EISDIR, call: "open", path: path) }
            return try file.readAll(limit: limit)
        } catch {
            if error.isNotFound { return nil }
            if error.code == EISDIR { throw .notAFile(path) }
            if error.code == EFBIG { throw .tooLarge(path, limit: limit) }
            throw .unreadable(path, error)
        }
    }

    /// The file as JSON; nil where there is none or it is empty.
    static func readObject(_ path: ByteString) throws(SettingsError) -> JSONObject? {
        guard let bytes = try read(path), !bytes.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            return nil
        }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw .malformedFile(path, reason: error.message)
        }
        guard let object = value.object else { throw .malformedFile(path, reason: "it is not a JSON object") }
        return object
    }

    /// The entries of a folder whose names end so, sorted; none where there is no such folder.
    static func names(in folder: ByteString, endings: [ByteString]) throws(SettingsError) -> [ByteString] {
        do throws(SystemError) {
            let names = try Directory.open(hostPath: folder).names()
            return names.filter { name in endings.contains { name.hasSuffix($0) && name.count > $0.count } }.sorted()
        } catch {
            if error.isNotFound { return [] }
            throw .unreadable(folder, error)
        }
    }
}
