internal import Bytes
internal import Dockerfile
internal import OCI

// Instructions that make no vertex: they change the config that is carried along, and the variables.
extension StageBuilder {
    mutating func lowerEnv(_ pairs: [KeyValue], _ instruction: Instruction) throws {
        var history: ByteString = "ENV"
        // All values of one instruction see the environment before it.
        let expanded = try pairs.map { (try expand($0.name, of: instruction), try expand($0.value, of: instruction)) }
        for (name, value) in expanded {
            history += " " + name + "=" + value
            state.configEnvironment[name] = value
            state.environment[name] = value
        }
        addHistory(history)
    }

    mutating func lowerLabel(_ pairs: [KeyValue], _ instruction: Instruction) throws {
        var history: ByteString = "LABEL"
        for pair in pairs {
            let name = try expand(pair.name, of: instruction)
            let value = try expand(pair.value, of: instruction)
            history += " " + name + "=" + value
            state.config.config.labels[name] = value
        }
        addHistory(history)
    }

    mutating func lowerArg(_ declarations: [ArgumentDeclaration], _ instruction: Instruction) throws {
        var texts: [ByteString] = []
        for declaration in declarations {
            let name = declaration.name
            lowering.usedArguments.insert(name)
            var value: ByteString?
            if let given = lowering.request.buildArguments[name] {
                value = given
            } else if let word = declaration.defaultValue {
                value = try expand(word, of: instruction)
            } else {
                value = lowering.globalArguments[name]
                if lowering.doubtfulGlobals.contains(name) { lowering.mistakes.meetsUnknown = true }
            }
            if let value, !StageBuilder.namesWithoutEnvironment.contains(name) { state.environment[name] = value }
            state.arguments.append((name: name, value: value))
            texts.append(value.map { name + "=" + $0 } ?? name)
        }
        addHistory("ARG " + texts.joined(separator: " "))
    }

    /// Arguments for the engine that a step's processes do not see.
    private static let namesWithoutEnvironment: Set<ByteString> = [
        "BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE",
    ]

    mutating func lowerUser(_ word: ByteString, _ instruction: Instruction) throws {
        let user = try expand(word, of: instruction)
        state.config.config.user = user
        addHistory("USER " + user)
    }

    mutating func lowerCmd(_ form: CommandForm) {
        let words = withShell(form)
        state.config.config.cmd = words
        state.config.config.argsEscaped = true
        state.hasOwnCmd = true
        addHistory("CMD " + GoText.quotedList(words))
    }

    mutating func lowerEntrypoint(_ form: CommandForm) {
        let words = withShell(form)
        state.config.config.entrypoint = words
        // A CMD that came from the base was meant for the base's entry point.
        if !state.hasOwnCmd { state.config.config.cmd = nil }
        addHistory("ENTRYPOINT " + GoText.quotedList(words))
    }

    mutating func lowerExpose(_ words: [ByteString], _ instruction: Instruction) throws {
        var ports: [ByteString] = []
        for word in words {
            let expanded = try lowering.located(instruction) { () throws(DockerfileError) in
                try expansion().expandWords(word)
            }
            lowering.budget.spend(bytes: expanded.reduce(0) { $0 + $1.count })
            try lowering.checkBudget(at: instruction.range)
            for port in expanded {
                do { ports += try Ports.parse(port) } catch {
                    throw lowering.error(.malformedPort(port, error.why), at: instruction.range)
                }
            }
        }
        state.config.config.exposedPorts.formUnion(ports)
        addHistory("EXPOSE " + GoText.list(ports))
    }

    mutating func lowerVolume(_ words: [ByteString], _ instruction: Instruction) throws {
        let paths = try words.map { try expand($0, of: instruction) }
        guard !paths.contains(where: \.isEmpty) else { throw lowering.error(.emptyVolume, at: instruction.range) }
        state.config.config.volumes.formUnion(paths)
        addHistory("VOLUME " + GoText.list(paths))
    }

    mutating func lowerStopsignal(_ word: ByteString, _ instruction: Instruction) throws {
        let signal = try expand(word, of: instruction)
        guard Signals.isKnown(signal) else { throw lowering.error(.unknownSignal(signal), at: instruction.range) }
        state.config.config.stopSignal = signal
        addHistory("STOPSIGNAL " + signal)
    }

    mutating func lowerHealthcheck(_ check: HealthcheckInstruction) {
        var result = Healthcheck(test: ["NONE"])
        var times: (interval: Int64, timeout: Int64, startPeriod: Int64, startInterval: Int64) = (0, 0, 0, 0)
        if case .command(let command) = check {
            switch command.form {
            case .exec(let words): result.test = ["CMD"] + words
            case .shell(let text): result.test = ["CMD-SHELL", text]
            }
            times = (command.interval, command.timeout, command.startPeriod, command.startInterval)
            result.interval = .nanoseconds(times.interval)
            result.timeout = .nanoseconds(times.timeout)
            result.startPeriod = .nanoseconds(times.startPeriod)
            result.startInterval = .nanoseconds(times.startInterval)
            result.retries = Int64(command.retries)
        }
        state.config.config.healthcheck = result
        let fields: [ByteString] = [
            "Test:" + GoText.list(result.test),
            "Interval:" + GoText.duration(nanoseconds: times.interval),
            "Timeout:" + GoText.duration(nanoseconds: times.timeout),
            "StartPeriod:" + GoText.duration(nanoseconds: times.startPeriod),
            "StartInterval:" + GoText.duration(nanoseconds: times.startInterval),
            ByteString("Retries:\(result.retries)"),
        ]
        addHistory("HEALTHCHECK {" + fields.joined(separator: " ") + "}")
    }
}
