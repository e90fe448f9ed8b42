import Testing

/// Random edits: the tree that is computed from each step's delta is the one that is mounted, and images that were
/// built another way are the same.
@Suite("Tree oracle", .enabled(if: Tool.has("umoci", for: "random edits")), .timeLimit(.minutes(20)))
struct TreeOracleTests {
    let work: Workspace

    init() throws { work = try Workspace() }

    @Test(
        "after each of many random steps the computed tree is the mounted one",
        arguments: (Tool.isSoaking ? 101...150 : 1...4) as ClosedRange<UInt64>
    )
    func trees(_ seed: UInt64) throws {
        var scripts = RandomScripts(seed: seed, withLinkSets: true)
        let steps = (0..<40).map { _ in "RUN \(scripts.next()); true" }
        let outcome = try work.build("FROM busybox\nRUN mkdir /t\n" + steps.joined(separator: "\n"), within: 120)
        #expect(outcome.executed.count == 41)
    }

    @Test("the layers of many steps are together what one step of all makes", arguments: [11, 12, 13] as [UInt64])
    func flattened(_ seed: UInt64) throws {
        var scripts = RandomScripts(seed: seed, withLinkSets: false)
        let steps = ["mkdir /t"] + (0..<25).map { _ in scripts.next() + "; true" }
        let many = try work.image("FROM busybox\n" + steps.map { "RUN " + $0 }.joined(separator: "\n"), named: "many")
        let one = try work.image("FROM busybox\nRUN <<E\n" + steps.joined(separator: "\n") + "\nE", named: "one")
        let (left, right) = (try ImageContent(many).files, try ImageContent(one).files)
        #expect(left == right, "\(Set(left).symmetricDifference(right).sorted())")
    }

    @Test(
        "a warm build of an edited Dockerfile gives the image of a cold one",
        arguments: (Tool.isSoaking ? 20...80 : 21...22) as ClosedRange<UInt64>
    )
    func warmIsCold(_ seed: UInt64) throws {
        var scripts = RandomScripts(seed: seed, withLinkSets: true)
        var generator = SeededGenerator(state: seed)
        var steps = (0..<8).map { _ in scripts.next() }
        for round in 1...5 {
            let file = "FROM busybox\nRUN mkdir /t\n" + steps.map { "RUN \($0); true\n" }.joined()
            let warm = try ImageContent(work.image(file, named: "warm\(round)"))
            let other = try Workspace()
            let cold = try ImageContent(other.image(file))
            let difference = warm.difference(from: cold)
            #expect(difference.isEmpty, "round \(round): \(difference)")
            let position = Int.random(in: 0..<steps.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: steps.remove(at: position)
            case 1: steps.insert(scripts.next(), at: position)
            case 2: steps[position] += "; echo"  // Changes nothing.
            default: steps.swapAt(position, Int.random(in: 0..<steps.count, using: &generator))
            }
        }
    }
}
