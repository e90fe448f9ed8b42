import Bytes

/// The arguments that FROM lines see: those of the platform, and the ARGs before the first FROM.
struct GlobalArguments {
    /// One ARG, with what became of it.
    struct Argument {
        let declaration: ArgumentDeclaration
        let range: SourceRange
        /// The value; nil if there is none.
        let value: ByteString?
        /// The arguments that its default uses.
        var uses: Set<ByteString>
    }

    /// The scope in which the words of FROM are expanded.
    private(set) var scope: StageScope
    /// The ARGs by name; of two with one name the later one.
    private(set) var arguments: [ByteString: Argument] = [:]
    /// Whether all defaults could be expanded.
    private(set) var isValid = true

    /// Reads the ARGs in order.
    ///
    /// - Parameters:
    ///   - request: the file, the platform's arguments and the build arguments, which override these.
    ///   - usesBuildArguments: whether build arguments count for ARGs, too.
    ///   - budget: that of the whole file.
    init(_ request: CheckRequest, usesBuildArguments: Bool, budget: StageScope.Budget) {
        var values: [ByteString: ByteString] = [:]
        for (name, value) in request.platformArguments { values[name] = request.buildArguments[name] ?? value }
        scope = StageScope(values: values, escape: request.dockerfile.escape, budget: budget)
        let given = usesBuildArguments ? request.buildArguments : [:]
        for instruction in request.dockerfile.metaArguments {
            guard case .arg(let declarations) = instruction.kind else { continue }
            for declaration in declarations { declare(declaration, at: instruction.range, given) }
        }
    }

    private mutating func declare(
        _ declaration: ArgumentDeclaration,
        at range: SourceRange,
        _ buildArguments: [ByteString: ByteString]
    ) {
        let name = declaration.name
        let given = buildArguments[name]
        let word = given == nil ? declaration.defaultValue.map(scope.expand) : nil
        if let word, !word.isValid { isValid = false }
        scope.declare(name, value: given ?? word?.text)
        var uses = word?.used ?? []
        // A name that is given again on top of itself stands on what it stood on before.
        if uses.remove(name) != nil, let earlier = arguments[name] { uses.formUnion(earlier.uses) }
        arguments[name] = Argument(
            declaration: declaration,
            range: range,
            value: given ?? word?.text,
            uses: uses
        )
    }

    /// The values by name.
    var values: [ByteString: ByteString] { scope.values }

    /// Whether FROM may use the name, with a value or without.
    func declares(_ name: ByteString) -> Bool { scope.values[name] != nil || arguments[name] != nil }
}
