internal import Bytes
internal import Dockerfile
internal import OCI

extension StageBuilder {
    mutating func lowerRun(_ run: RunInstruction, _ instruction: Instruction) async throws {
        if run.network == .host { try require(.networkHost, instruction) }
        if run.security == .insecure { try require(.securityInsecure, instruction) }

        var inlineFiles: [ProcessStep.InlineFile] = []
        let arguments: [ByteString]
        if run.shellText?.bytes.contains(0) == true { throw lowering.error(.nulByte, at: instruction.range) }
        if let script = run.interpreterScript {
            try checkFileName(script.name, instruction)
            // A directory of its own, so that the script is a file that its interpreter can open.
            let file = ProcessStep.InlineFile(
                directory: "/dev/pipes",
                name: script.name,
                content: script.text,
                mode: 0o755
            )
            inlineFiles = [file]
            arguments = withShell(.shell("/dev/pipes/" + script.name))
        } else if let text = run.shellText {
            arguments = withShell(.shell(text))
        } else {
            arguments = withShell(run.form)
        }

        var name = displayText(instruction, options: [.keepsQuotes, .keepsUnset])
        if run.isScript, let script = run.heredocs.first { name += " (\(summary(of: script.content)))" }
        let network: ProcessStep.Network =
            switch run.network {
            case .default: lowering.request.network
            case .none: .none
            case .host: .host
            }
        let hostname = try hostname(of: instruction)
        var environment = state.environment.values.entries
        lowering.budget.spend(entries: environment.count)
        let mounts = try await lowerMounts(run.mounts, instruction)
        if let socket = mounts.firstSocket, !environment.contains(where: { $0.hasPrefix("SSH_AUTH_SOCK=") }) {
            environment.append("SSH_AUTH_SOCK=" + socket)
        }
        let step = ProcessStep(
            arguments: arguments,
            environment: environment,
            workingDirectory: state.config.config.workingDir.isEmpty ? "/" : state.config.config.workingDir,
            user: state.config.config.user,
            platform: state.platform,
            network: network,
            security: run.security == .insecure ? .insecure : .sandbox,
            hostname: hostname,
            extraHosts: lowering.request.extraHosts,
            mounts: mounts.mounts,
            devices: try lowerDevices(run.devices, instruction),
            inlineFiles: inlineFiles,
            unkeyedEnvironment: lowering.proxyEnvironment
        )
        addStep(.run(step), otherInputs: mounts.inputs, name: stepName(name), instruction)
        addHistory("RUN " + historyText(of: arguments) + " # buildkit", hasLayer: true)
    }

    private func hostname(of instruction: Instruction) throws -> ByteString {
        guard let given = lowering.request.buildArguments["BUILDKIT_SANDBOX_HOSTNAME"], !given.isEmpty else {
            return ProcessStep.defaultHostname
        }
        let isName = given.bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x2D || byte == 0x2E
        }
        guard (1...64).contains(given.count), isName else {
            throw lowering.error(.malformedHostname(given), at: instruction.range)
        }
        return given
    }

    /// A heredoc's name becomes the name of a file.
    func checkFileName(_ name: ByteString, _ instruction: Instruction) throws {
        guard !name.isEmpty, name != ".", name != "..", !name.bytes.contains(0x2F), name.count <= 255 else {
            throw lowering.error(.malformedHeredocName(name), at: instruction.range)
        }
    }

    /// - Throws: `notAllowed` unless the caller of the build allows it.
    private func require(_ entitlement: Entitlement, _ instruction: Instruction) throws {
        guard lowering.request.entitlements.contains(entitlement) else {
            throw lowering.error(.notAllowed(entitlement), at: instruction.range)
        }
    }

    /// The words that a process is started with: the shell form gets the shell in force before it.
    func withShell(_ form: CommandForm) -> [ByteString] {
        switch form {
        case .exec(let words): words
        case .shell(let text): (state.config.config.shell ?? defaultShell) + [text]
        }
    }

    private var defaultShell: [ByteString] {
        state.config.platform.os == "windows" ? ["cmd", "/S", "/C"] : ["/bin/sh", "-c"]
    }

    /// `|2 a=b c=d /bin/sh -c …`: the arguments declared so far with their values, then the command.
    private func historyText(of arguments: [ByteString]) -> ByteString {
        var shown: [ByteString] = []
        var places: [ByteString: Int] = [:]
        for (name, value) in state.arguments {
            let text = name + "=" + (state.environment[name] ?? value ?? "")
            if let place = places[name] {
                shown[place] = text
            } else {
                places[name] = shown.count
                shown.append(text)
            }
        }
        if !shown.isEmpty { shown.insert(ByteString("|\(shown.count)"), at: 0) }
        return (shown + arguments).joined(separator: " ")
    }

    /// The script's first line for people, with dots where more follow.
    private func summary(of script: ByteString) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let lines = script.split(separator: 0x0A).drop { $0.bytes.allSatisfy(isBlank) }
        var first = (lines.first?.bytes ?? []).drop(while: isBlank)
        while let last = first.last, isBlank(last) { first.removeLast() }
        let isAll = lines.dropFirst().allSatisfy { $0.bytes.allSatisfy(isBlank) }
        return ByteString(Array(first)).escaped + (isAll ? "" : "...")
    }
}
