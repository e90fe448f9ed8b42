internal import Bytes
internal import Linux
internal import Trees

extension Directory {
    /// The node of an entry that is neither a directory nor a regular file nor a socket.
    func specialNode(_ name: ByteString, _ status: FileStatus) throws(SystemError) -> TreeEntry.Node {
        switch status.kind {
        case .symlink: .symlink(try linkTarget(name))
        case .characterDevice: .characterDevice(status.specialDevice)
        case .blockDevice: .blockDevice(status.specialDevice)
        default: .fifo
        }
    }
}
