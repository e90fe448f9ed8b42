import Bytes

extension InstructionBuilder {
    /// RUN.
    func run() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        let flags = try flags(["mount": .list, "network": .text, "security": .text, "device": .list])
        let form = form(node.words)
        let network = try networkMode(flags)
        let security = try securityMode(flags)
        var mounts: [MountFlag] = []
        for value in flags.list("mount") { mounts.append(try MountFlag(value)) }
        var devices: [DeviceRequest] = []
        for value in flags.list("device") { devices.append(try DeviceRequest(value)) }
        let run = RunInstruction(
            form: form,
            heredocs: node.heredocs,
            isScript: try isScript(form),
            mounts: mounts,
            network: network,
            security: security,
            devices: devices
        )
        return (.run(run), flags.used)
    }

    private func networkMode(_ flags: FlagSet) throws(DockerfileError) -> RunInstruction.NetworkMode {
        guard let value = flags.list("network").first else { return .default }
        guard let mode = RunInstruction.NetworkMode(rawValue: value.text) else {
            throw DockerfileError(.invalidNetwork(value))
        }
        return mode
    }

    private func securityMode(_ flags: FlagSet) throws(DockerfileError) -> RunInstruction.SecurityMode {
        guard let value = flags.list("security").first else { return .sandbox }
        guard let mode = RunInstruction.SecurityMode(rawValue: value.text) else {
            throw DockerfileError(.invalidSecurity(value))
        }
        return mode
    }

    private func isScript(_ form: CommandForm) throws(DockerfileError) -> Bool {
        guard !node.heredocs.isEmpty, case .shell(let text) = form else { return false }
        return ((try? HeredocWord.read(text)) ?? nil) != nil
    }

    /// HEALTHCHECK.
    func healthcheck() throws(DockerfileError) -> (InstructionKind, usedFlags: [String]) {
        guard let type = node.words.first else { throw wrongCount(.atLeastOne) }
        let command = Array(node.words.dropFirst())
        let upper = Ascii.upper(type)
        if upper == "NONE" {
            // BuildKit takes any flag here and ignores it.
            guard command.isEmpty else { throw DockerfileError(.healthcheckNoneWithArguments) }
            return (.healthcheck(.none), [])
        }
        let flags = try flags([
            "interval": .text, "timeout": .text, "start-period": .text, "start-interval": .text, "retries": .text,
        ])
        guard upper == "CMD" else { throw DockerfileError(.unknownHealthcheckType(type)) }
        guard !command.isEmpty else { throw DockerfileError(.healthcheckWithoutCommand) }
        let check = HealthcheckCommand(
            form: form(command),
            interval: try duration("interval", flags),
            timeout: try duration("timeout", flags),
            startPeriod: try duration("start-period", flags),
            startInterval: try duration("start-interval", flags),
            retries: try retries(flags)
        )
        return (.healthcheck(.command(check)), flags.used)
    }

    private func duration(_ flag: String, _ flags: FlagSet) throws(DockerfileError) -> Int64 {
        guard let value = flags.text(flag) else { return 0 }
        guard let nanoseconds = GoDuration.nanoseconds(value) else {
            throw DockerfileError(.invalidDuration(flag: flag, value: value))
        }
        guard nanoseconds == 0 || nanoseconds >= 1_000_000 else {
            throw DockerfileError(.durationTooShort(flag: flag, value: value))
        }
        return nanoseconds
    }

    private func retries(_ flags: FlagSet) throws(DockerfileError) -> Int {
        guard let value = flags.text("retries") else { return 0 }
        guard let retries = Int32(value.text), retries >= 0 else { throw DockerfileError(.invalidRetries(value)) }
        return Int(retries)
    }
}

extension DeviceRequest {
    /// Reads the value of `--device`.
    ///
    /// - Throws: for a list that cannot be read and options that are unknown.
    init(_ value: ByteString) throws(DockerfileError) {
        guard let fields = CommaSeparated.fields(value) else {
            throw DockerfileError(.invalidList(flag: "device", value: value))
        }
        var name = ByteString()
        var isRequired = false
        for field in fields {
            let option = MountFlag.Option(field)
            switch (option.key, option.value) {
            case ("required", nil): isRequired = true
            case ("required", let text?): isRequired = try MountFlag.boolean(text, key: "required")
            case ("name", let text?):
                guard name.isEmpty else { throw DockerfileError(.repeatedDeviceName(name)) }
                name = text
            case (_, nil):
                guard name.isEmpty else { throw DockerfileError(.optionWithoutValue(flag: "device", field: field)) }
                name = field
            default:
                // A name may hold an equals sign, as `vendor.com/class=device` does.
                guard name.isEmpty else {
                    throw DockerfileError(
                        .unknownOption(
                            flag: "device",
                            key: ByteString(option.key),
                            field: field,
                            suggestion: Suggestion.nearest(
                                to: ByteString(option.key),
                                among: ["name", "required"],
                                ignoresCase: false
                            )
                        )
                    )
                }
                name = field
            }
        }
        self.init(name: name, isRequired: isRequired)
    }
}
