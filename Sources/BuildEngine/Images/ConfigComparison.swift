internal import Bytes
internal import OCI

/// Two configs, field by field.
struct ConfigComparison {
    private(set) var differences: [ImageDifference.Field] = []

    init(_ left: ImageConfig, _ right: ImageConfig) {
        compare("created", text(left.created), text(right.created))
        compare("author", text(left.author), text(right.author))
        compare("platform", ByteString("\(left.platform)"), ByteString("\(right.platform)"))
        compare(left.config, right.config)
        compare("history", history(left), history(right))
        compare("config", unknown(left.config.unknown), unknown(right.config.unknown))
        compare("", unknown(left.unknown), unknown(right.unknown))
    }

    private mutating func compare(_ left: ContainerConfig, _ right: ContainerConfig) {
        compare("User", text(left.user), text(right.user))
        compare("ExposedPorts", set(left.exposedPorts), set(right.exposedPorts))
        compare("Env", variables(left.env), variables(right.env))
        compare("Entrypoint", list(left.entrypoint), list(right.entrypoint))
        compare("Cmd", list(left.cmd), list(right.cmd))
        compare("Volumes", set(left.volumes), set(right.volumes))
        compare("WorkingDir", text(left.workingDir), text(right.workingDir))
        compare("Labels", left.labels.map { ($0.key, $0.value) }, right.labels.map { ($0.key, $0.value) })
        compare("StopSignal", text(left.stopSignal), text(right.stopSignal))
        compare("ArgsEscaped", left.argsEscaped ? "true" : nil, right.argsEscaped ? "true" : nil)
        compare("Healthcheck", healthcheck(left), healthcheck(right))
        compare("OnBuild", entries(left.onBuild), entries(right.onBuild))
        compare("Shell", list(left.shell), list(right.shell))
    }

    private mutating func compare(_ name: String, _ left: ByteString?, _ right: ByteString?) {
        guard left != right else { return }
        differences.append(ImageDifference.Field(name: name, key: nil, left: left, right: right))
    }

    /// Compares what has keys; of equal keys the last counts.
    private mutating func compare(
        _ name: String,
        _ left: [(ByteString, ByteString)],
        _ right: [(ByteString, ByteString)]
    ) {
        let mine = Dictionary(left) { $1 }
        let theirs = Dictionary(right) { $1 }
        var known: Set<ByteString> = []
        let keys = (left + right).map(\.0).filter { known.insert($0).inserted }
        // Sets and labels have no order of their own.
        let isOrdered = name == "Env" || name == "history" || name == "OnBuild"
        for key in isOrdered ? keys : keys.sorted() where mine[key] != theirs[key] {
            // What stands at the top is named by itself.
            differences.append(
                ImageDifference.Field(
                    name: name.isEmpty ? key.text : name,
                    key: name.isEmpty ? nil : key,
                    left: mine[key],
                    right: theirs[key]
                )
            )
        }
    }

    // MARK: Values as text

    private func text(_ value: ByteString) -> ByteString? { value.isEmpty ? nil : value }

    private func text(_ value: Timestamp?) -> ByteString? { value.map { ByteString("\($0)") } }

    private func list(_ values: [ByteString]?) -> ByteString? {
        values.map { ByteString(JSONValue.array($0.map { .string($0) }).compact) }
    }

    private func set(_ values: Set<ByteString>) -> [(ByteString, ByteString)] { values.map { ($0, "") } }

    private func variables(_ values: [ByteString]) -> [(ByteString, ByteString)] {
        values.map { value in
            let equals = value.bytes.firstIndex(of: UInt8(ascii: "=")) ?? value.count
            return (ByteString(Array(value.bytes[..<equals])), ByteString(Array(value.bytes.dropFirst(equals + 1))))
        }
    }

    private func entries(_ values: [ByteString]) -> [(ByteString, ByteString)] {
        values.enumerated().map { (ByteString("\($0.offset + 1)"), $0.element) }
    }

    private func history(_ config: ImageConfig) -> [(ByteString, ByteString)] {
        entries(
            config.history.map { entry in
                let time = entry.created.map { ByteString("\($0) ") } ?? ""
                return time + entry.createdBy + (entry.comment.isEmpty ? "" : " (" + entry.comment + ")")
            }
        )
    }

    private func healthcheck(_ config: ContainerConfig) -> ByteString? {
        config.healthcheck.map { ByteString(JSONValue.object($0.json).compact) }
    }

    private func unknown(_ object: JSONObject) -> [(ByteString, ByteString)] {
        // What is empty says what nothing says, as Go writes it.
        let empty: Set<JSONValue> = [.null, false, "", 0, .array([]), .object(JSONObject())]
        return object.members.filter { !empty.contains($0.value) }.map { ($0.name, ByteString($0.value.compact)) }
    }
}
