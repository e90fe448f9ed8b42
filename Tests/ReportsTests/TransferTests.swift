import Graph
import OCI
import Reports
import Testing

/// Layers on their way, and what bases' names stand for.
@Suite("Transfers")
struct TransferTests {
    private let recorder = Recorder()
    private let blob = Digest(of: Array("a layer".utf8))

    private func transfer(_ progress: BlobTransfer.Progress, _ direction: BlobTransfer.Direction = .pull) -> BuildEvent
    {
        .transferring(BlobTransfer(blob, direction, progress))
    }

    @Test("have a line when they begin, one each two seconds with rate and rest, and one at the end")
    func plain() {
        let report = recorder.plain()
        report.take(transfer(.moving(0, of: 40_000_000)))
        for _ in 0..<5 {
            recorder.wait(milliseconds: 500)
            report.take(transfer(.moving(10_000_000, of: 40_000_000)))
        }
        recorder.wait(milliseconds: 500)
        report.take(transfer(.done))
        report.take(transfer(.moving(0, of: 40_000_000), .push))
        report.take(transfer(.spared, .push))
        report.finish(.done)
        let name = "sha256:" + blob.hex.prefix(12)
        #expect(
            recorder.take() == """
                #1 pulling \(name)
                #1 10MB / 40MB 5MB/s 6s left
                #1 DONE 40MB in 3.0s

                #2 pushing \(name)
                #2 DONE: the registry has it

                """
        )
    }

    @Test("of a base it is told where it was found, its digest and its age")
    func base() {
        let report = recorder.plain()
        let created = Timestamp(seconds: HumanFigures.now.seconds - 3 * 86_400 - 60)
        report.take(.resolved(ResolvedBase(name: "busybox:1", digest: blob, created: created, origin: .store)))
        let origin = ResolvedBase.Origin.registry(host: "mirror.example")
        report.take(.resolved(ResolvedBase(name: "busybox:1", digest: blob, created: nil, origin: origin)))
        #expect(
            recorder.take() == """
                note: busybox:1 in the store is \(blob), made 3 days ago
                note: busybox:1 at mirror.example is \(blob)

                """
        )
    }
}
