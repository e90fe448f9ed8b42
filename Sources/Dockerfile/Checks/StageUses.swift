import Bytes

/// Which stages stand on which.
struct StageUses {
    /// For each stage the stage that is its base; nil for an image.
    private(set) var bases: [Int?] = []
    /// For each stage those that its COPY and RUN read.
    private(set) var sources: [Set<Int>] = []
    /// For each stage its base's name with variables expanded; not valid if that failed.
    private(set) var baseWords: [StageScope.Word] = []
    /// Stages that another one uses, or may use: a name with a variable in it may become many.
    private(set) var used: Set<Int> = []
    /// The last stage of each name.
    private(set) var byName: [ByteString: Int] = [:]
    private var namePrefixes: Set<ByteString> = []

    /// How many different beginnings of names with variables are told apart.
    private static let prefixLimit = 64

    /// Reads the FROM, COPY and RUN lines of all stages.
    init(_ dockerfile: ParsedDockerfile, globals: GlobalArguments) {
        for stage in dockerfile.stages {
            let word = globals.scope.expand(stage.base)
            let base = byName[Ascii.lower(word.text)]
            baseWords.append(word)
            bases.append(base)
            if let base { used.insert(base) }
            if let dollar = stage.base.bytes.firstIndex(of: Byte.dollar) { notePrefix(stage.base.bytes[..<dollar]) }
            var read: Set<Int> = []
            for instruction in stage.instructions {
                for name in Self.names(in: instruction.kind) {
                    if let index = index(of: name, before: stage.index) { read.insert(index) }
                }
            }
            used.formUnion(read)
            sources.append(read)
            if let name = stage.name { byName[name] = stage.index }
        }
    }

    /// The stage that `--from` names: by name, or by its number among those before.
    func index(of name: ByteString, before stage: Int) -> Int? {
        if let index = byName[Ascii.lower(name)] { return index }
        guard name.count <= 6, let index = Int(name.text), (0..<stage).contains(index) else { return nil }
        return index
    }

    /// The stage that `--target` names, by name in any letter case or by number; the last without one.
    ///
    /// - Returns: nil if there is none.
    func target(_ name: ByteString?) -> Int? {
        guard let name else { return bases.count - 1 }
        return index(of: name, before: bases.count)
    }

    /// The stage with all it stands on.
    func reached(from stage: Int) -> Set<Int> {
        var reached: Set<Int> = [stage]
        var open = [stage]
        while let next = open.popLast() {
            for other in sources[next].union(bases[next].map { [$0] } ?? []) where reached.insert(other).inserted {
                open.append(other)
            }
        }
        return reached
    }

    /// Whether a name with variables may stand for the stage of this name.
    func mayBecome(_ name: ByteString) -> Bool {
        namePrefixes.count >= Self.prefixLimit || namePrefixes.contains { name.hasPrefix($0) }
    }

    private mutating func notePrefix(_ prefix: ArraySlice<UInt8>) {
        guard namePrefixes.count < Self.prefixLimit else { return }
        namePrefixes.insert(Ascii.lower(ByteString(Array(prefix))))
    }

    /// The names after `--from` and `from=`, those in triggers included.
    static func names(in kind: InstructionKind) -> [ByteString] {
        switch kind {
        case .copy(let copy): return copy.from.map { [$0] } ?? []
        case .run(let run):
            return run.mounts.compactMap { mount in mount.options.last { $0.key == "from" }?.value }
        case .onbuild(let onbuild): return onbuild.instruction.map { names(in: $0.kind) } ?? []
        default: return []
        }
    }
}
