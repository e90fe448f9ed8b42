import Glibc
import LoopbackRegistry
import OCI
import Testing

/// Our images in the hands of others.
@Suite("Foreign tools", .enabled(if: Tool.canBuild), .serialized, .timeLimit(.minutes(20)))
struct ForeignToolTests {
    let work: Workspace
    private let file = """
        FROM busybox
        COPY d /d
        RUN mkdir -p /x/y && echo old > /x/y/f && ln /x/y/f /x/g && chown 12:34 /x/g && ln -s y /x/link
        RUN rm -r /x/y && mkdir /x/y && echo hello from the image > /x/y/new
        WORKDIR /x/y
        ENV WORD=variable
        CMD ["/bin/sh", "-c", "cat new && echo $WORD && pwd"]
        """
    private let said = "hello from the image\nvariable\n/x/y\n"

    init() throws {
        work = try Workspace()
        for number in 0..<30 { try work.write("d/\(number)", String(repeating: "\(number) ", count: 2000)) }
    }

    @Test(
        "skopeo takes an image to a registry and back, and it is the same image",
        .enabled(if: Tool.has("skopeo", "docker-registry", for: "a registry"))
    )
    func registry() throws {
        let image = try work.image(file)
        let registry = try DockerRegistry()
        defer { registry.stop() }
        let remote = "docker://\(registry.host)/sbi/test:latest"
        try run(
            "skopeo",
            "copy",
            "-q",
            "--insecure-policy",
            "--dest-tls-verify=false",
            "oci:\(image.folder):latest",
            remote
        )
        try run(
            "skopeo",
            "copy",
            "-q",
            "--insecure-policy",
            "--src-tls-verify=false",
            remote,
            "oci:\(work.path)/back:latest"
        )
        let back = try ExportedImage(work.path + "/back", outcome: image.outcome)
        #expect(back.manifestDigest == image.manifestDigest)
        #expect(back.blobNames == image.blobNames)
        let inspected = try run("skopeo", "inspect", "--tls-verify=false", remote).output
        #expect(inspected.contains(image.manifestDigest.description))
        #expect(inspected.contains("WORD=variable"))
    }

    @Test("umoci unpacks the files as the steps left them", .enabled(if: Tool.has("umoci", for: "unpacking")))
    func umoci() throws {
        let root = try work.image(file).unpacked()
        #expect(names(in: root + "/x") == ["g", "link", "y"])
        #expect(names(in: root + "/x/y") == ["new"])
        let found = try status(root + "/x/g")
        #expect(found.st_uid == 12 && found.st_gid == 34 && found.st_nlink == 1)
        #expect(link(root + "/x/link") == "y")
        #expect(names(in: root + "/d").count == 30)
        #expect(try readText(root + "/d/7") == String(repeating: "7 ", count: 2000))
    }

    @Test("runc runs the image", .enabled(if: Tool.has("umoci", "runc", "python3", for: "runc")))
    func runc() throws {
        let image = try work.image(file)
        let bundle = work.path + "/bundle"
        try run("umoci", "unpack", "--image", image.folder + ":latest", bundle)
        let change = """
            import json, sys
            path = sys.argv[1]
            spec = json.load(open(path))
            spec["process"]["terminal"] = False
            spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != "network"]
            spec["mounts"] = [m for m in spec["mounts"] if m["type"] != "cgroup"]
            json.dump(spec, open(path, "w"))
            """
        try run("python3", "-c", change, bundle + "/config.json")
        let name = "sbi-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let outcome = try run("runc", "--root", work.path + "/runc", "run", "--bundle", bundle, name)
        #expect(outcome.output == said)
    }

    @Test(
        "Debian's Docker engine loads and runs the image",
        .enabled(if: Tool.has("skopeo", "/usr/sbin/dockerd", "/usr/bin/docker", DockerEngine.script, for: "Docker"))
    )
    func docker() throws {
        let engine = try DockerEngine(folder: work.path + "/docker")
        for compression in ["gzip", "zstd", "uncompressed"] {
            let archive = "\(work.path)/\(compression).tar"
            let output = "--output=type=docker,dest=\(archive),compression=\(compression)"
            try work.build(file, ["-t", "sbi/test:\(compression)", output])
            try run("docker", "-H", engine.address, "load", "-q", "-i", archive)
            let arguments = ["run", "--rm", "--network", "none", "sbi/test:\(compression)"]
            let outcome = try Program(["/usr/bin/docker", "-H", engine.address] + arguments).finish()
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output == said)
        }
        let history = try run("docker", "-H", engine.address, "history", "--no-trunc", "sbi/test:gzip").output
        #expect(history.contains("mkdir -p /x/y"))
    }

    @Test(
        "skopeo reads every form and compression, and umoci what comes out of it",
        .enabled(if: Tool.has("skopeo", "umoci", for: "forms and compressions")),
        arguments: ["gzip", "zstd", "uncompressed"]
    )
    func forms(_ compression: String) throws {
        let settings = "compression=\(compression),force-compression=true"
        let places = [
            ("type=oci,tar=false,dest=\(work.path)/folder", "oci:\(work.path)/folder:1"),
            ("type=oci,dest=\(work.path)/oci.tar", "oci-archive:\(work.path)/oci.tar:1"),
            ("type=docker,dest=\(work.path)/docker.tar", "docker-archive:\(work.path)/docker.tar:sbi/test:1"),
            ("type=docker,tar=false,dest=\(work.path)/both", "oci:\(work.path)/both:1"),
        ]
        let outputs = places.map { "--output=\($0.0),\(settings),oci-mediatypes=true" }
        try work.build(file, ["-t", "sbi/test:1"] + outputs)
        var files: Set<String> = []
        for (number, place) in places.enumerated() {
            // umoci knows no zstd: skopeo unpacks the layers for it.
            let copy = "\(work.path)/copy\(number)"
            let words = ["skopeo", "copy", "-q", "--insecure-policy", "--dest-decompress", place.1, "dir:\(copy)"]
            let outcome = try Program(words).finish()
            #expect(outcome.status == 0, "\(outcome.error)")
            try run("skopeo", "copy", "-q", "--insecure-policy", "dir:\(copy)", "oci:\(copy).oci:1")
            try run("umoci", "raw", "unpack", "--image", "\(copy).oci:1", copy + ".root")
            let list = "cd \(copy).root && find . ! -type d -printf '%P %y %m %U %G %n %s %l %T@\\n' | sort"
            files.insert(try run("sh", "-c", list).output)
        }
        #expect(files.count == 1)
        #expect(files.first?.contains("x/g f 644 12 34 1") == true, "\(files)")
    }

    @Test("every layer is read by gzip, Python and busybox, and says what its diffID says")
    func decompressors() throws {
        let image = try work.image(file)
        for (layer, diffID) in zip(image.manifest.layers, image.config.diffIDs) {
            let path = "\(image.folder)/blobs/sha256/\(layer.digest.hex)"
            #expect(Digest(of: try run("gzip", "-dc", path).standardOutput) == diffID)
            #expect(Digest(of: try run("busybox", "zcat", path).standardOutput) == diffID)
            let script = "import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())"
            #expect(Digest(of: try run("python3", "-c", script, path).standardOutput) == diffID)
        }
    }
}
