import Sandbox
import Testing

@Suite("The report about isolation", .enabled(if: canRunSteps))
struct IsolationReportTests {
    @Test("tells what works, and names what this version lacks")
    func findings() {
        let report = IsolationReport()
        #expect(report.failure == nil)
        #expect(!report.kernel.isEmpty)
        let available = Dictionary(uniqueKeysWithValues: report.findings.map { ($0.subject, $0.isAvailable) })
        #expect(available["namespaces"] == true)
        #expect(available["overlay"] == true)
        #expect(available["seccomp"] == false)
        #expect(available["network default"] == false)
    }
}
