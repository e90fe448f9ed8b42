import Bytes

extension CheckWalk {
    /// What is known at a point of a stage.
    struct StageState {
        /// The variables.
        var scope: StageScope
        /// Names that an ARG further down in the stage declares; known only where they help to be sure.
        var laterArguments: Set<ByteString> = []
        /// Where CMD, ENTRYPOINT and HEALTHCHECK were seen last.
        var lastOf: [String: SourceRange] = [:]
        /// A copy of the whole context that no install has followed yet.
        var contextCopy: (range: SourceRange, configuration: CheckConfiguration)?
        /// What has been installed: `npm ci` again installs nothing new, after `npm install -g x` it does.
        var installs: Set<DependencyInstall> = []
    }

    /// Checks one instruction of a stage that runs, and takes its effect on variables over.
    mutating func check(_ instruction: Instruction, _ configuration: CheckConfiguration, _ state: inout StageState) {
        let place = Place(instruction: instruction, configuration: configuration)
        switch instruction.kind {
        case .env(let pairs): checkEnv(pairs, place, &state)
        case .arg(let declarations): checkArg(declarations, place, &state)
        case .label(let pairs):
            for pair in pairs { _ = expandPair(pair, place, state) }
            checkForm(of: pairs, place)
        case .workdir(let path): checkWorkdir(path, place, &state)
        case .cmd(let form):
            checkOnce(place, &state)
            checkForm(form, place, state)
        case .entrypoint(let form):
            checkOnce(place, &state)
            checkForm(form, place, state)
        case .healthcheck: checkOnce(place, &state)
        case .expose(let ports): checkPorts(ports, place, state)
        case .user(let word), .stopsignal(let word): _ = expand(word, place, state)
        case .volume(let words): for word in words { _ = expand(word, place, state) }
        case .copy(let copy): checkCopy(copy, place, &state)
        case .add(let add): checkAdd(add, place, &state)
        case .run(let run): checkRun(run, place, &state)
        case .shell: state.scope.hasShell = true
        case .onbuild(let onbuild): state.scope.triggers.append(onbuild.expression)
        case .from, .maintainer: break
        }
    }

    /// An instruction with what is in force for it.
    struct Place {
        let instruction: Instruction
        let configuration: CheckConfiguration
        var range: SourceRange { instruction.range }
        /// The instruction's name as it was written.
        var keyword: String { instruction.keywordAsWritten.brief }
    }

    // MARK: Variables

    /// Expands a word and reports names in it that are not set.
    mutating func expand(_ word: ByteString, _ place: Place, _ state: StageState) -> StageScope.Word {
        let result = state.scope.expand(word)
        reportUndefined(result, place, state)
        return result
    }

    /// Reports names that are not set.
    mutating func reportUndefined(_ word: StageScope.Word, _ place: Place, _ state: StageState) {
        guard !word.undefined.isEmpty, collector.runs(.undefinedVar, place.configuration) else { return }
        for name in word.undefined where !state.scope.arguments.contains(name) {
            if name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE" { continue }
            var meant = nearest(to: name, among: state.scope.values.keys)
            if !state.scope.isBaseKnown {
                // The base image may set any variable: only what speaks against that is told.
                if let near = meant, !Self.isSurely(near, meantBy: name) { meant = nil }
                guard meant != nil || isDeclaredElsewhere(name, state) else { continue }
            }
            collector.report(
                .undefinedVar,
                at: place.range,
                place.configuration,
                marking: "$" + name,
                "Usage of undefined variable '$\(name.brief)'" + Self.suggestion(meant, sign: "$")
            )
        }
    }

    /// Whether the name is a misspelling rather than one of the base's: GOPATH is near PATH, PAHT has its very letters.
    private static func isSurely(_ near: ByteString, meantBy name: ByteString) -> Bool {
        near.bytes.sorted() == name.bytes.sorted() || near != "PATH" && near.count >= 5
    }

    private func isDeclaredElsewhere(_ name: ByteString, _ state: StageState) -> Bool {
        globals.declares(name) || state.laterArguments.contains(name)
    }

    /// Notes the arguments that a stage declares, if its base is not known.
    func noteLaterArguments(of stage: Stage, _ state: inout StageState) {
        guard !state.scope.isBaseKnown else { return }
        for instruction in stage.instructions {
            guard case .arg(let declarations) = instruction.kind else { continue }
            state.laterArguments.formUnion(declarations.map(\.name))
        }
    }

    private mutating func expandPair(
        _ pair: KeyValue,
        _ place: Place,
        _ state: StageState
    ) -> (name: ByteString, value: ByteString) {
        (expand(pair.name, place, state).text, expand(pair.value, place, state).text)
    }

    private mutating func checkEnv(_ pairs: [KeyValue], _ place: Place, _ state: inout StageState) {
        // All values of one instruction see the variables before it.
        var expanded: [(name: ByteString, value: ByteString)] = []
        for pair in pairs { expanded.append(expandPair(pair, place, state)) }
        checkForm(of: pairs, place)
        for (name, value) in expanded {
            checkSecretName(name, place)
            state.scope.set(name, to: value)
        }
    }

    private mutating func checkArg(_ declarations: [ArgumentDeclaration], _ place: Place, _ state: inout StageState) {
        for declaration in declarations {
            checkSecretName(declaration.name, place)
            let given = request.buildArguments[declaration.name]
            let value = given == nil ? declaration.defaultValue.map { expand($0, place, state).text } : given
            state.scope.declare(declaration.name, value: value ?? globals.values[declaration.name])
        }
    }

    private mutating func checkForm(of pairs: [KeyValue], _ place: Place) {
        for pair in pairs where pair.isLegacyForm {
            collector.report(
                .legacyKeyValueFormat,
                at: place.range,
                place.configuration,
                "\"\(place.keyword) key=value\" should be used instead of legacy \"\(place.keyword) key value\" format"
            )
        }
    }

    private mutating func checkSecretName(_ name: ByteString, _ place: Place) {
        guard SecretName.isSecret(name) else { return }
        collector.report(
            .secretsUsedInArgOrEnv,
            at: place.range,
            place.configuration,
            marking: name,
            "Do not use ARG or ENV instructions for sensitive data (\(place.instruction.keyword) \"\(name.brief)\")"
        )
    }

    // MARK: Config

    private mutating func checkWorkdir(_ path: ByteString, _ place: Place, _ state: inout StageState) {
        let word = expand(path, place, state)
        defer { state.scope.hasWorkdir = true }
        let isSure = word.isValid && (state.scope.isBaseKnown || word.undefined.isEmpty)
        guard !state.scope.hasWorkdir, isSure, word.text.bytes.first != Byte.slash else { return }
        collector.report(
            .workdirRelativePath,
            at: place.range,
            place.configuration,
            marking: path,
            "Relative workdir \"\(word.text.brief)\" can have unexpected results if the base image changes"
        )
    }

    /// Of several the last one counts; the one before it is where the warning belongs.
    private mutating func checkOnce(_ place: Place, _ state: inout StageState) {
        if let earlier = state.lastOf.updateValue(place.range, forKey: place.instruction.keyword) {
            collector.report(
                .multipleInstructionsDisallowed,
                at: earlier,
                place.configuration,
                "Multiple \(place.keyword) instructions should not be used in the same stage "
                    + "because only the last one will be used"
            )
        }
    }

    private mutating func checkForm(_ form: CommandForm, _ place: Place, _ state: StageState) {
        guard case .shell = form, !state.scope.hasShell else { return }
        collector.report(
            .jsonArgsRecommended,
            at: place.range,
            place.configuration,
            "JSON arguments recommended for \(place.keyword) to prevent unintended behavior related to OS signals"
        )
    }

    private mutating func checkPorts(_ ports: [ByteString], _ place: Place, _ state: StageState) {
        for port in ports {
            for text in state.scope.expandParts(port) { checkPort(text, place) }
        }
    }

    private mutating func checkPort(_ text: ByteString, _ place: Place) {
        let parts = text.split(separator: Byte.colon)
        let halves = parts[parts.count - 1].split(separator: Byte.slash)
        let written = halves.dropFirst().joined(separator: "/")
        // What is wrong altogether fails the build.
        guard !halves[0].isEmpty, ["", "tcp", "udp", "sctp"].contains(Ascii.lower(written)) else { return }
        if Ascii.lower(written) != written {
            collector.report(
                .exposeProtoCasing,
                at: place.range,
                place.configuration,
                marking: text,
                "Defined protocol '\(text.brief)' in EXPOSE instruction should be lowercase"
            )
        }
        if parts.dropLast().contains(where: { !$0.isEmpty }) {
            collector.report(
                .exposeInvalidFormat,
                at: place.range,
                place.configuration,
                marking: text,
                "EXPOSE instruction should not define an IP address or host-port mapping, found '\(text.brief)'"
            )
        }
    }
}
