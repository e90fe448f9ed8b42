
internal import Trees
internal import Store
internal import Testing
internal import Glibc
internal import Bytes
@Suite struct ZTiming {
    @Test(arguments: [1, 12, 20, 40, 200]) func timing(_ n: Int) async throws {
        let root = try TemporaryRoot()
        let path = root.path.text
        await #expect(processExitsWith: .success) { [path = path as String, n = n as Int] in
            let s = try StateRoot(path: ByteString(path))
            for i in 0..<n { try s.putStep("\(i)") }
            exit(0)
        }
        await #expect(processExitsWith: .success) { [path = path as String, n = n as Int] in
            let clock = ContinuousClock()
            var st = stat()
            stat(path + "/index.sqlite-wal", &st)
            var r: StateRoot?
            let t = try clock.measure { r = try StateRoot(path: ByteString(path)) }
            let l1 = try clock.measure { _ = try r?.results.result(definitionKey: hash("definition of 0")) }
            let l2 = try clock.measure { for i in 0..<12 { _ = try r?.results.result(definitionKey: hash("definition of \(i)")) } }
            let f = try clock.measure { try r?.finish() }
            let f2 = try clock.measure { try r?.syncEarlierRows() }
            try? "\(n) wal \(st.st_size) open \(t) first \(l1) 12 more \(l2) finish \(f) sync \(f2)\n".withCString { p in
                let fd = open("/tmp/ztiming", O_WRONLY | O_CREAT | O_APPEND, 0o644); write(fd, p, strlen(p)) }
            exit(0)
        }
    }
}
