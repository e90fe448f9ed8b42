import Glibc
import Testing

/// kill -9 at any moment: the next build is right, without repair.
@Suite("kill -9", .enabled(if: Tool.has("umoci", for: "kill -9")), .serialized, .timeLimit(.minutes(20)))
struct KillTests {
    /// How many builds are killed.
    private static let rounds = Tool.isSoaking ? 50 : 12

    @Test("at random moments of a build, and the next one gives the image of a clean one")
    func randomMoments() throws {
        let scenario = try KillScenario()
        var generator = SystemRandomNumberGenerator()
        var killed = 0
        // The clean build was timed while other tests ran: a build that is done in time makes the next delays shorter.
        var horizon = scenario.duration
        for round in 1...Self.rounds {
            let delay = Int.random(in: 0...horizon, using: &generator)
            let note = "round \(round), killed after \(delay) of \(horizon) ms"
            if try scenario.killedBuild(after: delay, fresh: round % 3 == 1) {
                killed += 1
            } else {
                horizon = max(40, min(horizon, delay) * 4 / 5)
            }
            let problems = try scenario.checkAftermath()
            #expect(problems.isEmpty, "\(note): \(problems)")
        }
        print("kill -9: \(killed) of \(Self.rounds) builds were killed before their end")
        #expect(killed >= (Tool.isSoaking ? Self.rounds / 2 : 1))
    }
}
