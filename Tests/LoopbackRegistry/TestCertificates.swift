package import Foundation
import NIOSSL

/// An authority of the tests' own, and a certificate for 127.0.0.1 and localhost by it, made by `openssl`.
package struct TestCertificates: Sendable {
    /// The folder with `ca.crt`, `server.crt`, `server.key`.
    package let folder: URL

    /// - Parameter names: whom the certificate is for, as OpenSSL writes it.
    /// - Throws: where there is no `openssl`, or it fails.
    package init(names: String = "DNS:localhost,IP:127.0.0.1") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "loopback-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try run(["req", "-x509", "-subj", "/CN=loopback authority", "-keyout", "ca.key", "-out", "ca.crt"] + key)
        try run(
            [
                "req", "-x509", "-subj", "/CN=localhost", "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "server.key",
                "-out", "server.crt", "-addext", "subjectAltName=\(names)", "-addext",
                "basicConstraints=critical,CA:FALSE",
            ] + key
        )
    }

    /// Whether this host has the program that makes them.
    package static var arePossible: Bool {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/openssl") }
    }

    package func path(_ name: String) -> String { folder.appending(path: name).path() }

    package func remove() { try? FileManager.default.removeItem(at: folder) }

    func serverConfiguration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(path("server.crt")).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: path("server.key"), format: .pem)
        return TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }

    /// `openssl` did not do it.
    package struct Failed: Error {
        package let arguments: [String]
    }
}
