package import Bytes

/// Which checks run, and whether what they find fails the build: the value of `# check=` and of the build argument
/// `BUILDKIT_DOCKERFILE_CHECK` (Dockerfile reference, "check").
///
/// ```
/// # check=skip=JSONArgsRecommended,StageNameCasing;error=true
/// ```
package struct CheckConfiguration: Sendable, Hashable {
    /// The build argument that replaces the directive.
    package static let argumentName: ByteString = "BUILDKIT_DOCKERFILE_CHECK"

    /// Some rules by name, or all.
    package enum Selection: Sendable, Hashable {
        case all
        case names(Set<String>)

        func contains(_ name: String) -> Bool {
            switch self {
            case .all: true
            case .names(let names): names.contains(name)
            }
        }

        mutating func formUnion(_ other: Selection) {
            switch (self, other) {
            case (.names(let left), .names(let right)): self = .names(left.union(right))
            default: self = .all
            }
        }
    }

    /// `skip`: rules that do not run.
    ///
    /// Experimental ones are not among them: they run when they are asked for.
    package var skipped = Selection.names([])
    /// `experimental`: experimental rules that run.
    package var experimental = Selection.names([])
    /// `error`: whether a warning fails the build.
    package var failsBuild = false

    /// All rules but the experimental ones, as warnings.
    package init() {}

    /// Reads options separated by `;`.
    ///
    /// - Throws: for options that are unknown or have no value, and if `error` is neither true nor false. The error
    ///   has no place.
    package init(parsing text: ByteString) throws(DockerfileError) {
        self.init()
        guard !Self.trimmed(text.bytes[...]).isEmpty else { return }
        for part in text.bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            guard let separator = part.firstIndex(of: Byte.equals) else {
                throw DockerfileError(.unknownCheckOption(ByteString(Array(part))))
            }
            let value = Self.trimmed(part[(separator + 1)...])
            switch Self.trimmed(part[..<separator]) {
            case "skip": skipped = Self.selection(value)
            case "experimental": experimental = Self.selection(value)
            case "error": failsBuild = try Self.boolean(value)
            case let key: throw DockerfileError(.unknownCheckOption(key))
            }
        }
    }

    /// What is in force for a file: the build argument if it is given, even if empty, else the directive.
    ///
    /// - Throws: if the one that counts cannot be read; the directive's error has its place.
    package init(
        of dockerfile: ParsedDockerfile,
        buildArguments: [ByteString: ByteString]
    ) throws(DockerfileError) {
        if let argument = buildArguments[Self.argumentName] {
            self = try CheckConfiguration(parsing: argument)
        } else if let directive = dockerfile.directives.check {
            do throws(DockerfileError) {
                self = try CheckConfiguration(parsing: directive.value)
            } catch {
                throw error.located(at: SourceRange(line: directive.line), in: dockerfile.source)
            }
        } else {
            self.init()
        }
    }

    /// Whether the rule runs.
    package func allows(_ rule: CheckRule) -> Bool {
        rule.isExperimental ? experimental.contains(rule.name) : !skipped.contains(rule.name)
    }

    /// The configuration for one instruction.
    ///
    /// The first comment `# check=…` right above it adds to what is skipped and what is experimental. Text after the
    /// first blank is a remark; a comment that cannot be read is ignored.
    func merging(_ comments: [ByteString]) -> CheckConfiguration {
        for comment in comments where Ascii.lower(ByteString(Array(comment.bytes.prefix(5)))) == "check" {
            var scanner = DirectiveScanner(prefix: [])
            guard (try? scanner.read(comment.bytes[...])) == true, let (name, value) = scanner.last, name == "check"
            else { continue }
            let options = ByteString(Array(value.bytes.prefix { $0 != Byte.space }))
            guard let other = try? CheckConfiguration(parsing: options) else { return self }
            var merged = self
            merged.skipped.formUnion(other.skipped)
            merged.experimental.formUnion(other.experimental)
            return merged
        }
        return self
    }

    /// The names that are written down, in order.
    var names: [String] {
        var result: [String] = []
        for case .names(let names) in [skipped, experimental] { result += names.sorted() }
        return result
    }

    private static func selection(_ value: ByteString) -> Selection {
        guard value != "all" else { return .all }
        return .names(Set(value.split(separator: Byte.comma).map { trimmed($0.bytes[...]).text }))
    }

    private static func boolean(_ value: ByteString) throws(DockerfileError) -> Bool {
        do { return try MountFlag.boolean(value, key: "error") } catch {
            throw DockerfileError(.invalidCheckError(value))
        }
    }

    private static func trimmed(_ slice: ArraySlice<UInt8>) -> ByteString {
        let bytes = Array(slice)
        return ByteString(Array(bytes[Scalars.trim(bytes, 0..<bytes.count)]))
    }
}
