/// Shell scripts that change a small tree in many ways, the same ones for the same seed.
///
/// The names are few, so that steps meet what earlier ones left: files in the place of folders, links to what is gone.
struct RandomScripts {
    private var generator: SeededGenerator
    /// Whether files may be links of each other or have attributes: a layer's border breaks what a single one keeps.
    private let withLinkSets: Bool

    init(seed: UInt64, withLinkSets: Bool) {
        generator = SeededGenerator(state: seed)
        self.withLinkSets = withLinkSets
    }

    /// A script of a few commands, none of which ends it.
    mutating func next() -> String {
        let count = Int.random(in: 2...7, using: &generator)
        return (0..<count).map { _ in "(" + command() + ")" }.joined(separator: "; ")
    }

    private mutating func command() -> String {
        let (one, two) = (path(), path())
        let plain = [
            "echo \(number(100)) > '\(one)'",
            "echo \(number(100)) >> '\(one)'",
            "mkdir -p '\(one)'",
            "mkdir -p '\(one)/\(name())' && echo \(number(9)) > '\(one)/\(name())'",
            "rm -rf '\(one)'",
            "rm -rf '\(one)' && mkdir '\(one)' && echo new > '\(one)/\(name())'",
            "rm -rf '\(one)' && mkdir '\(one)'",
            "rm -rf '\(one)' && echo file > '\(one)'",
            "rm -rf '\(two)' && mv '\(one)' '\(two)'",
            "rm -rf '\(one)'; ln -s '\(name())' '\(one)'",
            "rm -rf '\(one)'; ln -s /t/absent '\(one)'",
            "chmod \(mode()) '\(one)'",
            "chown -h \(number(3)):\(number(3)) '\(one)'",
            "mkfifo '\(one)/fifo'",  // No other command opens a file of that name, or it would wait for ever.
            "rm -rf '\(one)'; mknod '\(one)' c \(number(9)) \(number(9))",
            "rm -rf '\(two)'; cp -a '\(one)' '\(two)'",
            "touch -h -d '20\(10 + number(9))-01-01 00:00:00' '\(one)'",
            "truncate -s \(number(5000)) '\(one)'",
            "cat '\(one)' > '\(two)' && rm '\(one)'",
            "echo x > '\(one)' && chmod u+s '\(one)'",
        ]
        let links = [
            "ln '\(one)' '\(two)'",
            "rm -rf '\(two)'; ln '\(one)' '\(two)'",
            "echo \(number(100)) > '\(one)' && ln '\(one)' '\(two)' && rm '\(one)'",
            "cp '\(one)' '\(two)'; cmp '\(one)' '\(two)' && chmod 600 '\(one)'",
        ]
        return (withLinkSets ? plain + links + links : plain).randomElement(using: &generator) ?? "true"
    }

    private mutating func path() -> String {
        let depth = Int.random(in: 1...3, using: &generator)
        let top = number(10) == 0 ? ["/etc", "/root", "/tmp"].randomElement(using: &generator) ?? "/t" : "/t"
        return top + (0..<depth).map { _ in "/" + name() }.joined()
    }

    private mutating func name() -> String {
        ["a", "b", "c", "with blank", "caf\u{e9}", "cafe\u{301}"].randomElement(using: &generator) ?? "a"
    }

    private mutating func mode() -> String {
        ["600", "644", "755", "700", "1777", "2755", "000"].randomElement(using: &generator) ?? "600"
    }

    private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
}

/// Numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
