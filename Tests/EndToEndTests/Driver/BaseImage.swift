import Glibc

/// The image that the tests build on: a busybox, made once a process.
enum BaseImage {
    /// The folder with its OCI layout, tag `latest`; nil where none can be made.
    static let layout: String? = {
        guard let place = try? makeTemporaryFolder("base") else { return nil }
        atexit { try? removeTree(folder(of: BaseImage.layout ?? "")) }
        let maker = Tool.packageRoot + "/Fixtures/busybox-layout"
        return (try? run(maker, place + "/layout")) == nil ? nil : place + "/layout"
    }()

    /// The flag that hands it to a build.
    static var flag: String { "--build-context=busybox=oci-layout://\(layout ?? ""):latest" }
}

/// A new folder for a test's files.
func makeTemporaryFolder(_ name: String) throws -> String {
    let path = "/var/tmp/sbi-\(name)-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    guard mkdir(path, 0o755) == 0 else { throw DriverError(call: "mkdir", path) }
    return path
}

/// Removes a file or a folder with all that is in it; neither links nor mounts are followed.
func removeTree(_ path: String) throws {
    guard !path.isEmpty else { return }
    try run("rm", "-rf", "--one-file-system", path)
}
