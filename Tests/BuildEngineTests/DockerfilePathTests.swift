import BuildEngine
import Bytes
import Glibc
import Testing

@Suite("The path of a Dockerfile for people and code scanners")
struct DockerfilePathTests {
    private var folder: ByteString {
        let path = getcwd(nil, 0)
        defer { free(path) }
        return path.map { ByteString(String(cString: $0)) } ?? "/"
    }

    @Test("leads from the working directory to the file")
    func path() {
        var request = BuildRequest(context: ".")
        #expect(request.dockerfilePath == "Dockerfile")
        request = BuildRequest(context: "sub/context")
        #expect(request.dockerfilePath == "sub/context/Dockerfile")
        request = BuildRequest(context: folder + "/x")
        #expect(request.dockerfilePath == "x/Dockerfile")
        request.dockerfile = .file("y/Other.Dockerfile")
        #expect(request.dockerfilePath == "y/Other.Dockerfile")
        request.dockerfile = .file("/elsewhere/Dockerfile")
        #expect(request.dockerfilePath == "/elsewhere/Dockerfile")
        request.dockerfile = .standardInput
        #expect(request.dockerfilePath == "Dockerfile")
    }
}
