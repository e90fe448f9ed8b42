import Bytes
import Testing

@testable import Commands

@Suite("Exit codes")
struct ProgramTests {
    private struct Lacking: DescribedError {
        var message = "the kernel is too old"
        var remedy: String?
    }

    @Test("are those of the documentation")
    func codes() {
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 130])
    }

    @Test(
        "is 2 for every wrong use, also for those that the parser finds",
        arguments: [
            [], ["--nonsense", "."], ["--secret", "src=x", "."], ["a", "b"], ["info", "--what"], ["version", "x"],
            ["--network", "bridge", "."], ["-t"],
            ["check"], ["check", "--format", "xml", "."], ["check", "--call", "targets", "."], ["dockerfile", "parse"],
            ["dockerfile", "parse", "--format", "text", "x"],
            ["layers"], ["layers", "a", "2"], ["layers", "a", "--files", "b"],
            ["layers", "a", "--platform", "x/y/z/a"],
            ["diff", "a"], ["diff", "a", "b", "c"], ["diff", "a", "b", "--format", "sarif"],
        ] as [[ByteString]]
    )
    func wrongUse(_ words: [ByteString]) async {
        #expect(await Program.run(words, environment: [:]) == .wrongUse)
    }

    @Test("is 0 for help and versions", arguments: ["--help", "-h", "--version", "version", "help"] as [ByteString])
    func help(_ word: ByteString) async {
        #expect(await Program.run([word], environment: [:]) == .done)
    }

    @Test("is 5 for what fails before a build begins, 1 for results that cannot be written, 130 for interruption")
    func otherErrors() {
        #expect(Program.report(Lacking()) == .hostLacksSomething)
        #expect(Program.report(FileWriteError(path: "x", code: 28)) == .buildFailed)
        #expect(Program.report(CancellationError()) == .interrupted)
        #expect(Program.report(ReportedFailure(status: .dockerfileWrong)) == .dockerfileWrong)
    }
}
