internal import Bytes
internal import Graph

/// One file of CDI: devices of a kind, and what each changes of a process ("Container Device Interface Specification").
struct DeviceSpecification {
    let devices: [Device]

    /// - Throws: `JSONError`, or ``Malformed``.
    init(_ bytes: [UInt8]) throws {
        let document = try JSONValue(parsing: bytes)
        guard let kind = document["kind"]?.string, kind.split(separator: UInt8(ascii: "/")).count == 2 else {
            throw Malformed(message: "it has no kind such as vendor.com/class")
        }
        let common = document["annotations"]?.object
        devices = try (document["devices"]?.array ?? []).map { entry in
            guard let name = entry["name"]?.string, !name.isEmpty else {
                throw Malformed(message: "a device of \(kind.escaped) has no name")
            }
            var device = Device(name: kind + "=" + name)
            let own = entry["annotations"]?.object
            func annotation(_ name: ByteString) -> ByteString? { (own?[name] ?? common?[name])?.string }
            device.group = annotation("org.mobyproject.buildkit.device.class")
            let always = annotation("org.mobyproject.buildkit.device.autoallow")
            device.isAlwaysAllowed = ["1", "t", "T", "true", "TRUE", "True"].contains(always)
            // What all devices of the file need comes first.
            for edits in [document["containerEdits"], entry["containerEdits"]] {
                if let edits { try Self.add(edits, to: &device) }
            }
            return device
        }
    }

    /// A file that is no specification.
    struct Malformed: DescribedError {
        let message: String
        var remedy: String? { nil }
    }

    private static func add(_ edits: JSONValue, to device: inout Device) throws {
        for member in edits.object?.members ?? [] where !member.value.isNull {
            let entries = member.value.array ?? []
            switch member.name {
            case "env": device.environment += try entries.map { try text($0, "env") }
            case "deviceNodes":
                device.nodes += try entries.map { node in
                    let path = try path(node["path"], "deviceNodes.path")
                    let host = node["hostPath"]?.string.flatMap { $0.isEmpty ? nil : $0 }
                    return Device.Node(path: path, hostPath: host ?? path)
                }
            case "mounts": for entry in entries { try add(mount: entry, to: &device) }
            case "additionalGids":
                device.groups += try entries.map { entry in
                    guard let group = entry.integer.flatMap({ UInt32(exactly: $0) }) else {
                        throw Malformed(message: "additionalGids has what is no group")
                    }
                    return group
                }
            default:
                // Empty lists ask for nothing.
                if entries.isEmpty, member.value.array != nil { continue }
                device.lacking.append(member.name.escaped)
            }
        }
    }

    private static func add(mount entry: JSONValue, to device: inout Device) throws {
        let type = entry["type"]?.string ?? ""
        guard ["", "bind", "none"].contains(type) else {
            device.lacking.append("a mount of type \(type.escaped)")
            return
        }
        device.mounts.append(
            Device.Mount(
                path: try path(entry["containerPath"], "mounts.containerPath"),
                hostPath: try path(entry["hostPath"], "mounts.hostPath"),
                isReadOnly: entry["options"]?.array?.contains { $0.string == "ro" } ?? false
            )
        )
    }

    private static func path(_ value: JSONValue?, _ name: String) throws -> ByteString {
        guard let path = value?.string, path.hasPrefix("/") else {
            throw Malformed(message: "\(name) is no absolute path")
        }
        return path
    }

    private static func text(_ value: JSONValue, _ name: String) throws -> ByteString {
        guard let text = value.string, text.bytes.contains(UInt8(ascii: "=")) else {
            throw Malformed(message: "\(name) has what is not NAME=value")
        }
        return text
    }
}
