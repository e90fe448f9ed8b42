package import Bytes
internal import Glibc
package import Graph
internal import Linux
internal import Synchronization

/// The devices that this machine has specifications for: files of CDI in JSON.
///
/// The format is that of the Container Device Interface, version 1.0. Its folders are read once, when they are first
/// asked for; a device of a later folder replaces one of an earlier, and a name that is there twice in one folder is
/// nobody's.
package final class DeviceCatalog: Sendable {
    private let folders: [ByteString]
    private let known = Mutex<DeviceRegistry?>(nil)

    /// The folders of the specification; `SWIFT_BUILD_IMAGE_CDI_FOLDERS` names others, with colons between them.
    package init(environment: [ByteString: ByteString] = [:]) {
        let named = environment["SWIFT_BUILD_IMAGE_CDI_FOLDERS"] ?? "/etc/cdi:/var/run/cdi"
        folders = named.split(separator: UInt8(ascii: ":")).filter { !$0.isEmpty }
    }

    /// What there is.
    package var registry: DeviceRegistry {
        known.withLock { known in
            let registry = known ?? read()
            known = registry
            return registry
        }
    }

    private func read() -> DeviceRegistry {
        var devices: [ByteString: Device] = [:]
        var unread: [String] = []
        for path in folders {
            guard let folder = try? Directory.open(hostPath: path), let names = try? folder.names() else { continue }
            var here: [ByteString: [Device]] = [:]
            for name in names.sorted() {
                let file = (path + "/" + name).escaped
                if name.text.hasSuffix(".yaml") {
                    unread.append("the specification \(file) is in YAML, which is not supported yet")
                } else if name.text.hasSuffix(".json") {
                    do {
                        let bytes = try folder.openFollowing(name).readAll(limit: DeviceCatalog.maximumSize)
                        for device in try DeviceSpecification(bytes).devices {
                            here[device.name, default: []].append(device)
                        }
                    } catch let error as any DescribedError {
                        unread.append("the specification \(file) cannot be read: \(error.message)")
                    } catch {
                        unread.append("the specification \(file) cannot be read")
                    }
                }
            }
            for (name, found) in here { devices[name] = found.count == 1 ? found[0] : nil }
        }
        return DeviceRegistry(devices: Array(devices.values), unread: unread)
    }

    /// What a specification may have in bytes.
    private static let maximumSize = 16 << 20
}
