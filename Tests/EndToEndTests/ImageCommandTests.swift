import Glibc
import OCI
import Testing

/// The commands that look at images and move them, with the real program.
@Suite("Commands for images", .enabled(if: Tool.canBuild), .serialized, .timeLimit(.minutes(20)))
struct ImageCommandTests {
    let work: Workspace
    private let file = """
        FROM busybox
        LABEL a=b
        ENV WORD=variable
        COPY d /d
        RUN echo new > /x && ln -s x /y && ln /x /z
        CMD ["cat", "/x"]
        """

    init() throws {
        work = try Workspace()
        try work.write("d/f", "content")
    }

    /// What the program says, with a store of its own or another one.
    @discardableResult
    private func tool(_ words: String..., state: String? = nil, mayFail: Bool = false) throws -> Outcome {
        let environment = ["SWIFT_BUILD_IMAGE_ROOT": state ?? work.state]
        let outcome = try Program([Tool.path] + words, environment: environment).finish()
        guard mayFail || outcome.status == 0 else { throw DriverError("\(words): \(outcome.status) \(outcome.error)") }
        return outcome
    }

    /// What the program says when standard input or output is a file.
    @discardableResult
    private func shell(_ line: String, state: String? = nil) throws -> String {
        try run("sh", "-c", line, environment: ["SWIFT_BUILD_IMAGE_ROOT": state ?? work.state, "T": Tool.path]).output
    }

    private func build(_ names: String...) throws -> String {
        let outcome = try work.build(file, names.flatMap { ["-t", $0] })
        return String(outcome.output.dropLast())
    }

    private func list(_ flags: String..., state: String? = nil) throws -> [String] {
        let words = ["images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}"] + flags
        let environment = ["SWIFT_BUILD_IMAGE_ROOT": state ?? work.state]
        let outcome = try Program([Tool.path] + words, environment: environment).finish()
        return outcome.output.split(separator: "\n").map(String.init)
    }

    @Test("a layer that is not what its config says is refused, also where the blob and the diffID are each known")
    func lyingLayers() throws {
        let script = """
            import hashlib, io, json, os, sys, tarfile
            def digest(data): return "sha256:" + hashlib.sha256(data).hexdigest()
            def layer(text):
                out = io.BytesIO()
                with tarfile.open(fileobj=out, mode="w") as tar:
                    info = tarfile.TarInfo("word"); info.size = len(text); tar.addfile(info, io.BytesIO(text))
                return out.getvalue()
            def layout(folder, blob, plain):
                os.makedirs(folder + "/blobs/sha256")
                def put(data, kind):
                    open(folder + "/blobs/sha256/" + digest(data)[7:], "wb").write(data)
                    return {"mediaType": "application/vnd.oci.image." + kind, "digest": digest(data), "size": len(data)}
                config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"n": folder}},
                                     "rootfs": {"type": "layers", "diff_ids": [digest(plain)]}}).encode()
                manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                            "config": put(config, "config.v1+json"), "layers": [put(blob, "layer.v1.tar")]}
                index = {"schemaVersion": 2, "manifests": [put(json.dumps(manifest).encode(), "manifest.v1+json")]}
                json.dump(index, open(folder + "/index.json", "w"))
                open(folder + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
            good, evil = layer(b"good"), layer(b"evil")
            layout(sys.argv[1] + "/a", good, good)
            layout(sys.argv[1] + "/b", evil, evil)
            layout(sys.argv[1] + "/c", evil, good)
            """
        try run("python3", "-c", script, work.path + "/made")
        for (name, status) in [("a", 0), ("b", 0), ("c", 1)] as [(String, Int32)] {
            let words = [Tool.path, "load", "-i", "\(work.path)/made/\(name)"]
            let outcome = try Program(words, environment: work.environment).finish()
            #expect((outcome.status == 0) == (status == 0), "\(name): \(outcome.error)")
            if status != 0 { #expect(outcome.error.contains("diff id"), "\(outcome.error)") }
        }
    }

    @Test("a built image is listed, inspected, renamed and removed by the words that docker has")
    func life() throws {
        let id = try build("app:1", "app:latest", "reg.example:5000/x/y:2")
        let short = String(id.dropFirst("sha256:".count).prefix(12))
        let rows = try list()
        #expect(rows.map { String($0.prefix { $0 != " " }) } == ["app:1", "app:latest", "reg.example:5000/x/y:2"])
        #expect(rows.allSatisfy { $0.contains(" \(short) ") && $0.hasSuffix("MB") })
        #expect(try tool("images", "-q", "--no-trunc").output == "\(id)\n\(id)\n\(id)\n")
        #expect(try list("app:1").count == 1)
        #expect(try list("--filter", "label=a=b", "--filter", "reference=*/*/*").count == 1)
        #expect(try list("--filter", "label=zz").isEmpty)
        let picked = try tool("inspect", "-f", "{{.Id}} {{json .Config.Labels}} {{len .RootFS.Layers}} {{.Os}}", short)
        #expect(picked.output == "\(id) {\"a\":\"b\"} 5 linux\n")
        let history = try tool("history", "--format", "{{.ID}}|{{.CreatedBy}}|{{.Size}}", "app").output
        let lines = history.split(separator: "\n")
        #expect(lines[0] == "\(short)|CMD [\"cat\" \"/x\"]|0B")
        // Four bytes of a file with two names, and one of a link; seven of the copied file.
        #expect(lines[1] == "<missing>|RUN /bin/sh -c echo new > /x && ln -s x /y &…|5B")
        #expect(lines[2] == "<missing>|COPY d /d # buildkit|7B")

        try tool("tag", short, "other")
        #expect(try tool("rmi", "app:1", "other").output == "Untagged: app:1\nUntagged: other:latest\n")
        let conflict = try tool("rmi", short, mayFail: true)
        #expect(conflict.status == 1)
        #expect(conflict.error.contains("image is referenced in multiple repositories"))
        let gone = try tool("rmi", "-f", short).output
        #expect(gone.hasPrefix("Untagged: app:latest\nUntagged: reg.example:5000/x/y:2\nDeleted: \(id)\n"))
        #expect(try list().isEmpty)
        let missing = try tool("inspect", "app", mayFail: true)
        #expect(missing.status == 4)
        #expect(missing.output == "[]\n")
        #expect(missing.error.contains("No such image: app:latest"))
        #expect(try tool("rmi", "app", mayFail: true).status == 4)
        #expect(try tool("rmi", "-f", "app", mayFail: true).status == 0)
    }

    @Test("an image that loses its name, and one that never had one, are dangling, and serve as a base by their ids")
    func dangling() throws {
        let first = try build("app")
        try work.write("d/f", "changed")
        let second = try build("app")
        #expect(first != second)
        #expect(try tool("images", "-q", "--no-trunc", "-f", "dangling=true").output == first + "\n")
        #expect(try list("-f", "dangling=true").allSatisfy { $0.hasPrefix("<none>:<none> ") })
        for base in [first, String(first.dropFirst(7).prefix(12)), String(first.dropFirst(7))] {
            let image = try work.build("FROM \(base)\nRUN cat /d/f /x", ["--no-cache"])
            #expect(image.printed.contains("contentnew"), "FROM \(base)")
        }
        #expect(try work.build("FROM app\nRUN cat /d/f /x").printed.contains("changednew"))
        #expect(try tool("rmi", first).output.hasPrefix("Deleted: \(first)\n"))
        #expect(try work.tryBuild("FROM \(first)\nRUN true").status == 4)
    }

    @Test("what save writes comes back by load as the same image, through files and pipes, packed or not")
    func savesAndLoads() throws {
        let id = try build("app:1", "app:2")
        let tar = work.path + "/saved.tar"
        try tool("save", "-o", tar, "app", id)
        let other = work.path + "/other"
        #expect(try tool("load", "-i", tar, state: other).output == "Loaded image: app:1\nLoaded image: app:2\n")
        #expect(try list(state: other) == list())
        #expect(try tool("history", "--no-trunc", "app:1", state: other).output.contains("5B"))
        #expect(try tool("rmi", "app:1", "app:2", state: other).output.contains("Deleted: \(id)"))
        #expect(names(in: other + "/content/sha256").isEmpty)
        for packer in ["cat", "gzip", "xz", "zstd -q"] {
            guard Tool.find(String(packer.prefix { $0 != " " })) != nil else {
                print("loading: \(packer) is skipped, it is missing")
                continue
            }
            let said = try shell("\"$T\" save app:2 | \(packer) | SWIFT_BUILD_IMAGE_ROOT='\(other)' \"$T\" load")
            #expect(said == "Loaded image: app:2\n", "\(packer)")
        }
        try tool("save", "-o", tar, id)
        #expect(try tool("load", "-qi", tar, state: other).output == "Loaded image ID: \(id)\n")
        #expect(try tool("save", "-o", tar, "nope", mayFail: true).status == 4)
        #expect(try tool("load", "-i", work.context + "/Dockerfile", mayFail: true).status == 4)
    }

    @Test("a root's tar becomes an image, which is built upon")
    func imports() throws {
        // A root with busybox alone, out of whichever layer has it.
        let script = """
            mkdir -p "$1"; for blob in "$2"/blobs/sha256/*; do tar -C "$1" -xf "$blob" bin/busybox 2> /dev/null; done
            ln -s busybox "$1/bin/sh"
            """
        try run("sh", "-c", script, "sh", work.path + "/root", BaseImage.layout ?? "")
        let tar = work.path + "/root.tar"
        try run("tar", "-C", work.path + "/root", "-cf", tar, ".")
        let id = try tool("import", "-m", "by hand", "-c", "CMD [\"/bin/sh\"]", "-c", "ENV A=b", tar, "imp:1").output
        let shown = "{{.Config.Env}} {{.Config.Cmd}} {{.Comment}} {{len .RootFS.Layers}}"
        #expect(try tool("inspect", "-f", shown, "imp:1").output == "[A=b] [/bin/sh] by hand 1\n")
        #expect(try tool("images", "-q", "--no-trunc").output == id)
        #expect(try work.build("FROM imp:1\nRUN echo $A").printed.contains("b"))
        let piped = try shell("gzip -c '\(tar)' | \"$T\" import -")
        #expect(try tool("history", piped.dropLast().description).output.contains("Imported from -"))
        #expect(try tool("import", "-c", "RUN x", tar, mayFail: true).status == 2)
        #expect(try tool("import", "http://127.0.0.1/x", mayFail: true).status == 2)
    }

    @Test("what skopeo saves is loaded and built upon", .enabled(if: Tool.has("skopeo", for: "skopeo's archives")))
    func skopeo() throws {
        let id = try build("app:1")
        let tar = work.path + "/saved.tar"
        try tool("save", "-o", tar, "app:1")
        for form in ["docker-archive", "oci-archive"] {
            let copy = "\(work.path)/\(form).tar"
            try run("skopeo", "copy", "-q", "--insecure-policy", "docker-archive:\(tar):app:1", "\(form):\(copy):app:3")
            let state = "\(work.path)/\(form)"
            let said = try tool("load", "-i", copy, state: state).output
            #expect(said == "Loaded image: app:3\n", "\(form)")
            #expect(try tool("inspect", "-f", "{{.Id}}", "app:3", state: state).output == id + "\n")
            let other = try Workspace(state: state)
            #expect(try other.build("FROM app:3\nRUN cat /d/f").printed.contains("content"))
        }
        let inspected = try run("skopeo", "inspect", "--config", "oci-archive:\(tar):1").output
        #expect(inspected.contains("WORD=variable"))
    }

    @Test(
        "Docker's engine loads what is saved here, says the same of it, and saves what is loaded here",
        .enabled(if: DockerEngine.isThere)
    )
    func docker() throws {
        let id = try build("app:1", "app:2")
        let docker = try DockerEngine(folder: work.path + "/docker")
        _ = try docker("rmi", "-f", "busybox:latest")
        let tar = work.path + "/saved.tar"
        try tool("save", "-o", tar, "app")
        #expect(try docker("load", "-i", tar) == "Loaded image: app:1\nLoaded image: app:2\n")

        let row = "{{.Repository}} {{.ID}} {{.Size}} {{.CreatedAt}} {{.Digest}}"
        for words in [
            ["images", "--no-trunc", "--format", row + " {{.Tag}}"], ["images", "-q"],
            [
                "history", "--no-trunc", "--format", "{{.ID}}|{{.CreatedAt}}|{{.CreatedBy}}|{{.Size}}|{{.Comment}}",
                "app:1",
            ],
            ["history", "-H=false", "app:1"], ["history", "-q", "app:2"], ["images", "-f", "dangling=true"],
            ["images", "app:1", "--format", "table {{.Tag}}\\t{{.ID}}"],
        ] {
            #expect(try sorted(tool(words)) == sorted(docker(words)), "\(words)")
        }
        // The rest of the document is where an engine keeps its files, and when it gave the name.
        func document(_ text: String) -> [Substring] {
            Array(text.split(separator: "\n").prefix { !$0.contains("GraphDriver") })
        }
        #expect(try document(tool("inspect", "app:1").output) == document(docker("inspect", "app:1")))
        #expect(try tool("rmi", "app:1").output == docker("rmi", "app:1"))

        let theirs = work.path + "/theirs.tar"
        _ = try docker("save", "-o", theirs, "app:2")
        let other = try Workspace()
        #expect(try tool("load", "-i", theirs, state: other.state).output == "Loaded image: app:2\n")
        #expect(try tool("inspect", "-f", "{{.Id}}", "app:2", state: other.state).output == id + "\n")
        #expect(try other.build("FROM app:2\nRUN cat /x").printed.contains("new"))
        // A docker archive's plain layers are kept as they are, and go back as they came.
        try tool("save", "-o", tar, "app:2", state: other.state)
        #expect(try docker("load", "-i", tar).contains("app:2"))
    }

    /// The lines of a text in an order that does not depend on Go's maps.
    private func sorted(_ text: String) -> [String] { text.split(separator: "\n").map(String.init).sorted() }

    private func tool(_ words: [String]) throws -> String {
        try Program([Tool.path] + words, environment: ["SWIFT_BUILD_IMAGE_ROOT": work.state]).finish().output
    }
}
