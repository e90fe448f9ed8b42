package import Bytes
package import Dockerfile

/// A Dockerfile that parses but cannot be built, with its place.
package struct GraphError: LocatedError {
    package enum Reason: Sendable, Hashable {
        case unknownTarget(ByteString, nearest: ByteString?)
        case laterStage(ByteString)
        case invalidStageIndex(ByteString)
        case selfReference(ByteString)
        case emptyBase(ByteString)
        case malformedPlatform(ByteString)
        case emptyPlatform(ByteString)
        case variableInFrom(ByteString)
        case remoteCopy(ByteString)
        /// A URL of ADD; it is not repeated, since it may hold a password.
        case malformedURL(String)
        case checksumOfSeveral
        case checksumOfLocal
        case malformedChecksum(ByteString)
        case malformedCommit(ByteString)
        /// A flag of ADD and the query of its URL say different things.
        case contradiction(String, ByteString, ByteString)
        case malformedMode(ByteString)
        case malformedPort(ByteString, String)
        case unknownSignal(ByteString)
        case emptyVolume
        case notYet(feature: String)
        case unsupportedSyntax(ByteString)
        case malformedHostname(ByteString)
        case malformedHeredocName(ByteString)
        case nulByte
        case malformedEpoch(ByteString)
        case malformedStageName(ByteString)
        case overBudget(LoweringBudget.Excess)
        case malformedExclude(ByteString, String)
        case mountOverRoot(ByteString)
        case notAllowed(Entitlement)
        case unknownDevice(ByteString)
        case devicesNotAllowed([ByteString])
        /// A specification of devices could not be read, so that nobody knows whether the device is there.
        case unreadDevices(ByteString, String)
        /// A device whose specification asks for what no step can be given.
        case deviceLacks(ByteString, String)
    }

    package let reason: Reason
    package let range: SourceRange?
    package let source: SourceText?

    package init(_ reason: Reason, at range: SourceRange? = nil, in source: SourceText? = nil) {
        self.reason = reason
        self.source = source
        guard let range, let source, range.mark == nil else {
            self.range = range
            return
        }
        let marked = reason.markedTexts.lazy.map { range.marking($0, in: source) }
        self.range = marked.first { $0.mark != nil } ?? range
    }

    package var message: String {
        switch reason {
        case .unknownTarget(let name, _): "target stage \"\(name.escaped)\" could not be found"
        case .laterStage(let name):
            "cannot copy from stage \"\(name.escaped)\", it needs to be defined before the stage that uses it"
        case .invalidStageIndex(let name): "invalid stage index \(name.escaped): there is no such earlier stage"
        case .selfReference(let name): "stage \"\(name.escaped)\" cannot use itself: circular dependency"
        case .emptyBase(let word): "base name (\(word.escaped)) should not be blank"
        case .malformedPlatform(let text): "failed to parse platform \"\(text.escaped)\""
        case .emptyPlatform(let word): "empty platform value from expression \(word.escaped)"
        case .variableInFrom: "variable expansion is not supported for --from"
        case .remoteCopy(let source):
            "COPY cannot take \(source.escaped): its source can't be a URL or a git repository"
        case .malformedURL(let reason): "ADD of a URL that cannot be used: \(reason)"
        case .checksumOfSeveral: "--checksum can't be specified for multiple sources"
        case .checksumOfLocal: "--checksum requires an HTTP(S) or git source"
        case .malformedChecksum(let text): "--checksum=\(text.escaped) is no SHA-256 digest"
        case .malformedCommit(let text): "\(text.escaped) is no git commit: it is to have hexadecimal digits only"
        case .contradiction(let name, let flag, let query):
            "\(name) is \(flag.escaped) by the flag and \(query.escaped) by the URL"
        case .malformedMode(let text):
            "invalid chmod parameter: '\(text.escaped)'. It should be an octal string between 0 and 07777, or symbolic"
        case .malformedPort(let text, let why): "EXPOSE: invalid port \"\(text.escaped)\": \(why)"
        case .unknownSignal(let text): "invalid signal: \(text.escaped)"
        case .emptyVolume: "VOLUME specified can not be an empty string"
        case .notYet(let feature): "\(feature) is not supported yet"
        case .unsupportedSyntax(let name): "the frontend \(name.escaped) is not supported"
        case .malformedHostname(let text): "BUILDKIT_SANDBOX_HOSTNAME is no host name: \"\(text.escaped)\""
        case .malformedHeredocName(let name): "the heredoc's name \"\(name.escaped)\" is no file name"
        case .malformedStageName(let name): "the stage's name \"\(name.escaped)\" cannot be that of a build context"
        case .malformedEpoch(let text): "invalid SOURCE_DATE_EPOCH: \(text.escaped)"
        case .nulByte: "a NUL byte in the text of RUN, which no argument of a process can have"
        case .overBudget(let excess): excess.message
        case .malformedExclude(let pattern, let why): "--exclude=\(pattern.escaped): syntax error in pattern: \(why)"
        case .mountOverRoot(""): "a mount has no target: its target= is missing or empty"
        case .mountOverRoot(let target): "invalid mount target \"\(target.escaped)\": it is the root of the step"
        case .unreadDevices(let name, let reason): "device \(name.escaped): \(reason)"
        case .deviceLacks(let name, let what):
            "device \(name.escaped): \(what) in its specification is not supported yet"
        case .unknownDevice(let name): "required device \"\(name.escaped)\" is not registered"
        case .devicesNotAllowed(let names) where names.count == 1:
            "device \(names[0].escaped) is requested by the build but not allowed"
        case .devicesNotAllowed(let names):
            "devices \(names.map(\.escaped).joined(separator: ", ")) are requested by the build but not allowed"
        case .notAllowed(let entitlement): "\(entitlement.rawValue) is not allowed"
        }
    }

    package var remedy: String? {
        switch reason {
        case .unknownTarget(_, let nearest?): "did you mean --target \(nearest.escaped)?"
        case .unknownTarget: "name a stage with FROM … AS NAME, or leave --target out"
        case .laterStage: "move the stage that is copied from above the one that copies"
        case .invalidStageIndex: "stages are numbered from 0; only earlier ones can be named"
        case .variableInFrom: "define a stage with FROM and an ARG of the global scope, and copy from that stage"
        case .remoteCopy: "use ADD for what is elsewhere"
        case .malformedURL: "write http://HOST/PATH or https://HOST/PATH, with %XX for what may not stand in a URL"
        case .malformedCommit: "write the commit's full hash, as git rev-parse prints it"
        case .contradiction: "say it once"
        case .checksumOfSeveral: "write an ADD for each source, each with its checksum"
        case .checksumOfLocal: "leave --checksum out: files of the build context are known by their content"
        case .malformedChecksum: "write sha256: and 64 hexadecimal digits in lower case, as sha256sum prints them"
        case .malformedPlatform: "write OS/ARCHITECTURE[/VARIANT], such as linux/amd64"
        case .malformedPort: "write PORT, PORT-PORT or PORT/PROTOCOL with tcp, udp or sctp"
        case .unknownSignal: "write a name such as SIGTERM, or a number"
        case .unsupportedSyntax:
            "only docker/dockerfile is built in: remove the # syntax line if the file needs nothing else"
        case .malformedHostname: "give 1 to 64 letters, digits, hyphens and dots"
        case .malformedHeredocName: "name it without slashes, and not . or .."
        case .malformedStageName: "use letters and digits, with single `.`, `-` or `_` between them"
        case .malformedEpoch: "give seconds since 1970, such as 1700000000, or the name of a context or stage"
        case .nulByte: "remove the byte; is the file text?"
        case .overBudget(let excess): excess.remedy
        case .malformedExclude: "write a backslash before a character that is meant as itself"
        case .unreadDevices: "write it in JSON (nvidia-ctk cdi generate --format=json), or take it away"
        case .unknownDevice: "put its specification (CDI, in JSON) into /etc/cdi, or leave out required"
        case .devicesNotAllowed(let names):
            "give \(names.map { "--allow device=" + $0.escaped }.joined(separator: " ")), if you trust this Dockerfile"
        case .notAllowed(let entitlement):
            "give --allow \(entitlement.rawValue), if you trust this Dockerfile with it"
        case .mountOverRoot: "give a target= below it; a relative one counts from WORKDIR"
        case .selfReference: "copy from a stage above it, or from an image by its whole name"
        case .emptyBase, .emptyPlatform:
            "give the variables in it a value, with --build-arg or a default in ARG before the first FROM"
        case .malformedMode: "write 0755, or u=rwX,go=rX"
        case .emptyVolume: "name a path; is a variable in it empty?"
        case .notYet, .deviceLacks: nil
        }
    }
}

extension GraphError.Reason {
    /// Whether the Dockerfile is to blame, and not what a program, a machine or a build with other rights lacks.
    var isOfFile: Bool {
        switch self {
        case .notYet, .notAllowed, .unknownDevice, .devicesNotAllowed, .unreadDevices, .deviceLacks: false
        default: true
        }
    }

    /// What may stand in the file for what is wrong, the best first: the value itself, or the variable it came from.
    fileprivate var markedTexts: [ByteString] {
        switch self {
        case .unknownTarget, .malformedHostname, .overBudget: []
        case .notAllowed: ["--network", "--security", "RUN"]
        case .unreadDevices, .unknownDevice, .devicesNotAllowed, .deviceLacks: ["--device", "RUN"]
        case .laterStage(let text), .invalidStageIndex(let text), .selfReference(let text), .variableInFrom(let text):
            ["--from=" + text, "from=" + text, text]
        case .malformedPlatform(let text), .emptyPlatform(let text): [text, "--platform"]
        case .malformedMode(let text): [text, "--chmod"]
        case .malformedChecksum(let text), .malformedCommit(let text): [text, "--checksum"]
        case .checksumOfSeveral, .checksumOfLocal: ["--checksum"]
        case .malformedURL, .contradiction: ["ADD"]
        case .malformedPort(let text, _), .unknownSignal(let text), .malformedHeredocName(let text),
            .malformedExclude(let text, _), .emptyBase(let text), .remoteCopy(let text), .unsupportedSyntax(let text):
            [text, "$"]
        case .mountOverRoot(let text): ["target=" + text, "dst=" + text, "destination=" + text, "--mount"]
        case .emptyVolume: ["\"\"", "$", "VOLUME"]
        case .notYet(let feature): feature.split(separator: " ").reversed().map { ByteString(String($0)) }
        case .malformedEpoch(let text), .malformedStageName(let text): [text]
        case .nulByte: [ByteString([0])]
        }
    }
}
