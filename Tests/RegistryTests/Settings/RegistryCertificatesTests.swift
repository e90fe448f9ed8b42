import Bytes
import Registry
import Testing

@Suite("Certificates")
struct RegistryCertificatesTests {
    @Test("authorities and client pairs of a host and port come from all folders; other files do not count")
    func files() throws {
        let scratch = try Scratch()
        let names: [ByteString] = ["b.crt", "a.crt", "client.cert", "client.key", "notes.txt", ".key.swp"]
        for name in names { try scratch.write("one/r.example:5000/" + name, "") }
        try scratch.write("two/r.example:5000/c.crt", "")
        try scratch.write("two/r.example/d.crt", "")
        let folders = [scratch.path + "/one", scratch.path + "/missing", scratch.path + "/two"]
        let certificates = RegistryCertificates(environment: [:], folders: folders)
        let files = try certificates.files(for: "r.example:5000")
        let one = scratch.path + "/one/r.example:5000/"
        #expect(files.authorities == [one + "a.crt", one + "b.crt", scratch.path + "/two/r.example:5000/c.crt"])
        #expect(files.clients.map(\.certificate) == [one + "client.cert"])
        #expect(files.clients.map(\.key) == [one + "client.key"])
        #expect(try certificates.files(for: "other.example").authorities.isEmpty)
    }

    @Test(
        "half a pair is an error that names what is there and what is missing",
        arguments: [("c.cert", "c.key"), ("c.key", "c.cert")]
    )
    func halfPairs(there: String, missing: String) async throws {
        let scratch = try Scratch()
        try scratch.write("r.example/" + ByteString(there), "")
        let certificates = RegistryCertificates(environment: [:], folders: [scratch.path])
        let error = await settingsError { _ = try certificates.files(for: "r.example") }
        let path = scratch.path + "/r.example/" + ByteString(there)
        #expect(error == .missingPartner(path, wanted: ByteString(missing)))
    }

    @Test(
        "a host that would lead out of the folder is refused",
        arguments: ["..", "../x", "a/../..", "/etc", ".", "a:b", ""]
    )
    func hosts(host: String) async throws {
        let certificates = RegistryCertificates(environment: [:], folders: ["/tmp"])
        #expect(await settingsError { _ = try certificates.files(for: host) } == .malformedHost(ByteString(host)))
    }

    @Test("the user's folder, SSL_CERT_FILE and SSL_CERT_DIR are taken from the environment")
    func environment() throws {
        let scratch = try Scratch()
        try scratch.write(".config/containers/certs.d/r.example/own.crt", "")
        let environment = scratch.environment.merging(["SSL_CERT_FILE": "/ca.pem", "SSL_CERT_DIR": "/a::/b"]) { $1 }
        let certificates = RegistryCertificates(environment: environment)
        let own = scratch.path + "/.config/containers/certs.d/r.example/own.crt"
        #expect(try certificates.files(for: "r.example").authorities == [own])
        #expect(certificates.authorityFile == "/ca.pem")
        #expect(certificates.authorityFolders == ["/a", "/b"])
        #expect(RegistryCertificates(environment: [:]).authorityFile == nil)
    }
}
