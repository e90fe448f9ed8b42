internal import Bytes
internal import Graph
internal import Linux
internal import Sandbox

extension MountSet {
    /// The nodes and files of the host that a device brings.
    func show(_ device: Device) throws {
        let host = try Directory.open(hostPath: "/")
        func show(_ hostPath: ByteString, at path: ByteString, _ attributes: DetachedMount.Attributes) throws {
            do throws(SandboxError) {
                let shown = try DetachedMount.bind(path: hostPath, beneath: host, attributes: attributes)
                add(shown.mount, at: path, isDirectory: shown.isDirectory)
            } catch {
                throw ExecutionError.unusableDevice(device.name, hostPath, reason: error.message)
            }
        }
        // The one kind of mount in which devices work.
        for node in device.nodes { try show(node.hostPath, at: node.path, [.noSetuid, .noExecution]) }
        for mount in device.mounts {
            let attributes: DetachedMount.Attributes = [.noSetuid, .noDevices]
            try show(mount.hostPath, at: mount.path, mount.isReadOnly ? attributes.union(.readOnly) : attributes)
        }
    }
}
