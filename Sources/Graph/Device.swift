package import Bytes

/// A device of the host that a step is given: what its specification (CDI, "Container Device Interface") changes of a
/// process.
package struct Device: Sendable, Hashable {
    /// A device node, shown as the host has it.
    package struct Node: Sendable, Hashable {
        /// In the step.
        package var path: ByteString
        package var hostPath: ByteString

        package init(path: ByteString, hostPath: ByteString) {
            self.path = path
            self.hostPath = hostPath
        }
    }

    /// A file or a folder of the host, such as the driver's libraries.
    package struct Mount: Sendable, Hashable {
        /// In the step.
        package var path: ByteString
        package var hostPath: ByteString
        package var isReadOnly: Bool

        package init(path: ByteString, hostPath: ByteString, isReadOnly: Bool) {
            self.path = path
            self.hostPath = hostPath
            self.isReadOnly = isReadOnly
        }
    }

    /// `VENDOR/CLASS=NAME`.
    package var name: ByteString
    /// A further name, which it may share with others (BuildKit's annotation `device.class`).
    package var group: ByteString?
    /// Whether no permission is needed (BuildKit's annotation `device.autoallow`).
    package var isAlwaysAllowed = false
    package var nodes: [Node] = []
    package var mounts: [Mount] = []
    /// `NAME=value`, over what the step has.
    package var environment: [ByteString] = []
    /// Further groups of the step's user.
    package var groups: [UInt32] = []
    /// What else its specification asks for, and no step can be given.
    package var lacking: [String] = []

    package init(name: ByteString) { self.name = name }
}

/// The devices that this machine has specifications for.
package struct DeviceRegistry: Sendable {
    /// Sorted by their names.
    package let devices: [Device]
    /// Specifications that were found and not read, each with its reason.
    package let unread: [String]

    package init(devices: [Device] = [], unread: [String] = []) {
        self.devices = devices.sorted { $0.name < $1.name }
        self.unread = unread
    }

    /// The devices that a name means: one, with `VENDOR/CLASS` the first of a class, with `VENDOR/CLASS=*` all of it;
    /// else all of a group.
    package func devices(named wanted: ByteString) -> [Device] {
        let parts = wanted.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let kind = ByteString(Array(parts[0]))
        let name = parts.count == 2 ? ByteString(Array(parts[1])) : ""
        var found: [Device] = []
        if kind.bytes.contains(UInt8(ascii: "/")) {
            let ofKind = devices.lazy.filter { $0.name.hasPrefix(kind + "=") }
            switch name {
            case "": found = Array(ofKind.prefix(1))
            case "*": found = Array(ofKind)
            default: found = ofKind.filter { $0.name == wanted }
            }
        }
        return found.isEmpty ? devices.filter { $0.group == wanted } : found
    }
}

/// Which devices a Dockerfile may have: `--allow device`.
package struct DeviceAccess: Sendable {
    /// Whether all are allowed.
    package var allowsAll = false
    /// Names that are allowed.
    package var allowed: Set<ByteString> = []
    /// Names that stand for an allowed one.
    package var aliases: [ByteString: ByteString] = [:]
    /// Looks up what there is; asked only if a RUN wants a device.
    package var registry: @Sendable () -> DeviceRegistry = { DeviceRegistry() }

    package init() {}
}
