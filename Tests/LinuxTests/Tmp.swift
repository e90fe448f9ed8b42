import Bytes
import Linux
import Testing
import Glibc
@Test("tmp") func tmp() throws {
    let scratch = try Scratch()
    var t = ContinuousClock.now
    var current = try scratch.folder("deep")
    for _ in 0..<20_000 { current = try current.makeOrOpenDirectory("d", mode: 0o755) }
    print("make", ContinuousClock.now - t); t = ContinuousClock.now
    try scratch.directory.removeTree("deep")
    print("remove", ContinuousClock.now - t)
}
