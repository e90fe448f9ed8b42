import Foundation
import Glibc

/// Debian's `docker-registry` (distribution 2.8), on a port of 127.0.0.1, with a folder of its own.
package final class DockerRegistry {
    package enum LogIn: Sendable {
        case none
        /// User `user` with the password `password`.
        case basic
    }

    package static let program = "/usr/bin/docker-registry"
    package static var isInstalled: Bool { access(program, X_OK) == 0 }

    /// Its host and port, as names have it.
    package let host: String
    private let folder: URL
    private let process: Process

    /// Starts it, and returns when it listens.
    ///
    /// - Parameters:
    ///   - logIn: whom it lets in.
    ///   - tls: what it shows, and whose certificates it wants to see.
    ///   - knowsClients: whether it wants to see a certificate of its client.
    /// - Throws: where it does not start.
    package init(_ logIn: LogIn = .none, tls: TestCertificates? = nil, knowsClients: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "docker-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try DockerRegistry.freePort()
        host = "127.0.0.1:\(port)"
        var text = """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(folder.path())/data}, delete: {enabled: true}}
            http:
              addr: \(host)

            """
        if let tls {
            let clients = knowsClients ? ", clientcas: [\(tls.path("ca.crt"))]" : ""
            text += "  tls: {certificate: \(tls.path("server.crt")), key: \(tls.path("server.key"))\(clients)}\n"
        }
        if case .basic = logIn {
            try Data(DockerRegistry.passwords.utf8).write(to: folder.appending(path: "htpasswd"))
            text += "auth: {htpasswd: {realm: test, path: \(folder.path())/htpasswd}}\n"
        }
        let configuration = folder.appending(path: "config.yml")
        try Data(text.utf8).write(to: configuration)
        process = Process()
        process.executableURL = URL(filePath: DockerRegistry.program)
        process.arguments = ["serve", configuration.path()]
        process.environment = ["OTEL_TRACES_EXPORTER": "none", "PATH": "/usr/bin:/bin"]
        try Data().write(to: folder.appending(path: "log"))
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "log"))
        process.standardError = FileHandle.nullDevice
        try process.run()
        try DockerRegistry.waitUntilListening(port, process)
    }

    /// A line for each request, as web servers write them.
    package var log: String { (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? "" }

    /// Ends it; what it held is gone.
    package func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// `user` and `password`, by bcrypt, which is the only form that it takes.
    private static let passwords = "user:$2b$04$ZgxQVw8cugMsHFDaXD62Tug1ov4xYzInViEy2rtgrtkWyOQeV82QS\n"

    private static func freePort() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 && getsockname(socket, pointer, &length) == 0
            }
        }
        guard code else { throw NotStarted() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Connects until somebody answers: the program says nothing when it is ready.
    private static func waitUntilListening(_ port: Int, _ process: Process) throws {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end, process.isRunning {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = loopback(port: UInt16(port))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) }
            }
            if code == 0 { return }
            usleep(5000)
        }
        throw NotStarted()
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    package struct NotStarted: Error {}
}
