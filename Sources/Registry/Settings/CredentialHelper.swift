internal import Bytes
internal import Linux

/// A program `docker-credential-NAME` that keeps credentials (the protocol of docker-credential-helpers).
struct CredentialHelper: Hashable {
    /// The user name that stands beside an identity token.
    private static let tokenUser = "<token>"
    private static let notFound: ByteString = "credentials not found"
    /// How much of what it says is repeated in an error, in bytes.
    private static let excerptLimit = 300

    /// The name of the program.
    let program: String

    /// - Parameters:
    ///   - name: the part after `docker-credential-`.
    ///   - file: the file that says so, for the error.
    /// - Throws: `SettingsError.malformedHelperName`.
    init(name: ByteString, file: ByteString) throws(SettingsError) {
        let isSafe = name.bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isSafe, (1...100).contains(name.count) else { throw .malformedHelperName(name, file: file) }
        program = "docker-credential-" + name.text
    }

    /// What it keeps for a registry; nil where it has nothing.
    func get(_ registry: AuthKey, in surroundings: HelperSurroundings) async throws -> Credential? {
        let outcome = try await run("get", input: registry.written.bytes, in: surroundings)
        if !outcome.ending.isSuccess {
            if ByteString(outcome.output).contains(Self.notFound) { return nil }
            throw failure(outcome)
        }
        guard !outcome.output.isEmpty else { throw SettingsError.helperAnswer(program, reason: "it is empty") }
        // The error of the reader is not shown: it could repeat a part of the answer.
        guard let answer = try? JSONValue(parsing: outcome.output).object else {
            throw SettingsError.helperAnswer(program, reason: "it is not a JSON object")
        }
        guard let username = text("Username", of: answer), let secret = text("Secret", of: answer) else {
            throw SettingsError.helperAnswer(program, reason: "it lacks `Username` or `Secret`")
        }
        if username.isEmpty, secret.isEmpty { return nil }
        if username == Self.tokenUser { return Credential(username: username, identityToken: secret) }
        return Credential(username: username, password: secret)
    }

    /// Gives it a credential to keep.
    func store(_ credential: Credential, for registry: AuthKey, in surroundings: HelperSurroundings) async throws {
        let isToken = credential.identityToken != nil
        let secret = credential.password ?? credential.identityToken ?? ""
        let request: JSONValue = [
            "ServerURL": .string(registry.written),
            "Username": .string(isToken ? Self.tokenUser : credential.username),
            "Secret": .string(secret),
        ]
        let outcome = try await run("store", input: request.compact, in: surroundings)
        if !outcome.ending.isSuccess { throw failure(outcome, hiding: secret) }
    }

    /// Makes it forget a registry.
    func erase(_ registry: AuthKey, in surroundings: HelperSurroundings) async throws {
        let outcome = try await run("erase", input: registry.written.bytes, in: surroundings)
        if !outcome.ending.isSuccess, !ByteString(outcome.output).contains(Self.notFound) { throw failure(outcome) }
    }

    private func run(
        _ action: ByteString,
        input: [UInt8],
        in surroundings: HelperSurroundings
    ) async throws -> HelperProcess.Outcome {
        let environment = surroundings.environment
        guard let path = HelperProcess.find(ByteString(program), environment: environment) else {
            throw SettingsError.helperMissing(program)
        }
        var process = HelperProcess(program: path, arguments: [action], environment: environment)
        process.input = input
        process.timeout = surroundings.timeout
        do {
            return try await process.run()
        } catch let error as HelperProcessError {
            throw SettingsError.helperNotRun(program, error)
        }
    }

    private func text(_ field: ByteString, of answer: JSONObject) -> String? {
        answer[field]?.string.flatMap { String(validating: $0.bytes, as: UTF8.self) }
    }

    /// What it said, short; helpers tell their errors on standard output.
    private func failure(_ outcome: HelperProcess.Outcome, hiding secret: String = "") -> SettingsError {
        let ending =
            switch outcome.ending {
            case .exited(let code): "exit status \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        // An answer in spite of the failure would hold the secret.
        let isAnswer = outcome.output.contains(UInt8(ascii: "{"))
        let said = outcome.diagnostics.isEmpty && !isAnswer ? outcome.output : outcome.diagnostics
        var text = ByteString(said).text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        if !secret.isEmpty { text = text.replacing(secret, with: "…") }
        guard !text.isEmpty else { return .helperFailed(program, reason: ending) }
        let excerpt = text.utf8.count > Self.excerptLimit ? text.prefix(Self.excerptLimit) + "…" : text[...]
        return .helperFailed(program, reason: "\(ending): \(ByteString(excerpt).escaped)")
    }
}

/// What helpers are run with.
struct HelperSurroundings: Sendable {
    let environment: [ByteString: ByteString]
    let timeout: Duration
}

extension ByteString {
    /// Whether the bytes stand somewhere in it.
    fileprivate func contains(_ part: ByteString) -> Bool { bytes.firstRange(of: part.bytes) != nil }
}
