package import Bytes
internal import Glibc
package import Graph
package import Linux
internal import Sandbox

/// The files that every RUN finds in /etc and that leave no trace in the image: hosts, hostname, resolv.conf.
///
/// They are made once per build, in a folder of the build's own, and mounted read-only over stubs.
package final class StepFiles: Sendable {
    private let folder: Directory

    /// `folder`: an empty folder that lives as long as the build.
    package init(in folder: Directory, hostname: ByteString, extraHosts: [ExtraHost] = []) throws {
        self.folder = folder
        var hosts = "127.0.0.1\tlocalhost " + hostname + "\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        for host in extraHosts { hosts += host.address + "\t" + host.name + "\n" }
        try write("hosts", hosts)
        try write("hostname", hostname + "\n")
        try write("resolv.conf", StepFiles.resolverConfiguration())
    }

    private func write(_ name: ByteString, _ content: ByteString) throws {
        let file = try folder.open(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(content.bytes)
        // Whatever the umask of this process is: a step of any user reads them.
        try folder.setMode(name, mode: 0o644)
    }

    /// The host's name servers; those on a loopback address are of no use in another network namespace, but a step of
    /// network `host` shares the host's loopback, so they stay.
    private static func resolverConfiguration() -> ByteString {
        // The host's own file, often a link out of /etc.
        guard let etc = try? Directory.open(hostPath: "/etc"),
            let file = try? etc.openFollowing("resolv.conf"),
            let bytes = try? file.readAll(limit: 1 << 20)
        else { return "" }
        return ByteString(bytes)
    }

    /// Where the files go, for the stubs.
    static let targets: [StubLayer.Target] = names.map { StubLayer.Target(MountPath("/etc/" + $0), isDirectory: false) }

    private static let names: [ByteString] = ["hosts", "hostname", "resolv.conf"]

    /// The mounts for one step, in the order of ``targets``.
    func mounts(at places: [MountPath]) throws -> [StepMount] {
        try zip(StepFiles.names, places).map { name, place in
            let file = try folder.open(name, flags: O_RDONLY)
            let mount = try DetachedMount.bind(file, attributes: [.readOnly, .noDevices, .noSetuid, .noExecution])
            return StepMount(target: place, mount: mount, isDirectory: false)
        }
    }
}
