import Bytes
import Glibc
import Linux
import Sandbox
import Testing

@Suite("measure", .serialized) struct MeasureTests {
    func time(_ n: Int, _ what: String, _ body: () throws -> Void) rethrows {
        for _ in 0..<10 { try body() }
        var all: [Double] = []
        for _ in 0..<n {
            var a = timespec(); var b = timespec()
            clock_gettime(CLOCK_MONOTONIC, &a)
            try body()
            clock_gettime(CLOCK_MONOTONIC, &b)
            all.append(Double(b.tv_sec - a.tv_sec) * 1000 + Double(b.tv_nsec - a.tv_nsec) / 1e6)
        }
        all.sort()
        print("MEASURE \(what): median \(all[n / 2]) p10 \(all[n / 10]) p90 \(all[n * 9 / 10]) ms")
    }
    @Test func measure() throws {
        let root = try BusyboxRoot()
        let spec = ProcessSpec(arguments: ["/bin/true"])
        try time(300, "none") { _ = try root.run(spec) }
        try time(300, "host") { _ = try root.run(spec, network: .host) }
        var user = spec; user.user = UserIdentity(uid: 1000, gid: 1000)
        try time(300, "host user") { _ = try root.run(user, network: .host) }
        try time(300, "overlay only") { _ = try root.newRoot() }
        try time(50, "sleep 0.1") { _ = try root.run(ProcessSpec(arguments: ["/bin/sleep", "0.1"]), network: .host) }
        time(50, "report") { _ = IsolationReport() }
    }
}
