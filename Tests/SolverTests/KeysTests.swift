import Bytes
import Dockerfile
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

@Suite("Keys")
struct KeysTests {
    private func key(_ change: (inout ProcessStep) -> Void) -> ContentHash {
        var step = ProcessStep(arguments: ["/bin/sh", "-c", "make"], environment: ["A=1"])
        change(&step)
        return Keys.operation(.run(step))
    }

    private static func device(_ change: (inout Device) -> Void = { _ in }) -> Device {
        var device = Device(name: "v/c=d")
        change(&device)
        return device
    }

    @Test("every field of a process is in its key, and no border between fields can be moved")
    func processFields() {
        let keys = [
            key { _ in },
            key { $0.arguments = ["/bin/sh", "-c", "make all"] },
            key { $0.arguments = ["/bin/sh", "-c make"] },
            key {
                $0.arguments = ["/bin/sh", "-c", "make", "A=1"]; $0.environment = []
            },
            key { $0.environment = ["A=2"] },
            key { $0.environment = ["A=1", "B="] },
            key { $0.environment = ["A=1B="] },
            key { $0.environment = ["B=", "A=1"] },
            key { $0.environment = [] },
            key { $0.workingDirectory = "/src" },
            key { $0.user = "1" },
            key { $0.user = "1:1" },
            key { $0.platform = Platform(os: "linux", architecture: "arm64", variant: "v9") },
            key { $0.network = .none },
            key { $0.network = .host },
            key { $0.security = .insecure },
            key { $0.devices = [Self.device()] },
            key { $0.devices = [Self.device(), Self.device()] },
            key {
                $0.devices = [Self.device()]; $0.security = .insecure
            },
            key { $0.devices = [Self.device { $0.name = "v/c=e" }] },
            key { $0.devices = [Self.device { $0.environment = ["A=2"] }] },
            key { $0.devices = [Self.device { $0.groups = [1] }] },
            key { $0.devices = [Self.device { $0.nodes = [.init(path: "/dev/a", hostPath: "/dev/b")] }] },
            key { $0.devices = [Self.device { $0.nodes = [.init(path: "/dev/b", hostPath: "/dev/a")] }] },
            key {
                $0.devices = [Self.device { $0.mounts = [.init(path: "/dev/a", hostPath: "/dev/b", isReadOnly: true)] }]
            },
            key {
                $0.devices = [
                    Self.device { $0.mounts = [.init(path: "/dev/a", hostPath: "/dev/b", isReadOnly: false)] }
                ]
            },
            key { $0.hostname = "h" },
            key { $0.extraHosts = [ExtraHost(name: "h", address: "1.2.3.4")] },
            key { $0.extraHosts = [ExtraHost(name: "h1", address: ".2.3.4")] },
            key { $0.inlineFiles = [.init(directory: "/d", name: "n", content: "c", mode: 0o755)] },
            key { $0.inlineFiles = [.init(directory: "/d", name: "nc", content: "", mode: 0o755)] },
            key { $0.inlineFiles = [.init(directory: "/dn", name: "", content: "c", mode: 0o755)] },
            key { $0.inlineFiles = [.init(directory: "/d", name: "n", content: "c", mode: 0o644)] },
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test("what must not be in the key of a process is not")
    func unkeyed() {
        #expect(key { $0.unkeyedEnvironment = ["HTTP_PROXY=x"] } == key { _ in })
        #expect(
            key { $0.platform = Platform(os: "linux", architecture: "x86_64") }
                == key { $0.platform = Platform(os: "linux", architecture: "amd64") }
        )
    }

    @Test("every option of a mount is in the key, what it shows is not")
    func mounts() {
        func key(_ kinds: ProcessMount.Kind..., target: ByteString? = "/t") -> ContentHash {
            self.key { $0.mounts = kinds.map { ProcessMount($0, target: target) } }
        }
        func cache(_ change: (inout CacheMount) -> Void = { _ in }) -> ProcessMount.Kind {
            var cache = CacheMount(id: "i")
            change(&cache)
            return .cache(cache)
        }
        func secret(_ change: (inout SecretMount) -> Void = { _ in }) -> ProcessMount.Kind {
            var secret = SecretMount(id: "i")
            change(&secret)
            return .secret(secret)
        }
        func agent(_ change: (inout AgentMount) -> Void = { _ in }) -> ProcessMount.Kind {
            var agent = AgentMount(id: "i")
            change(&agent)
            return .agent(agent)
        }
        let path = MountedPath(input: 1, path: "/p")
        let keys = [
            key(), key(.bind(path, isReadOnly: true)), key(.bind(path, isReadOnly: false)),
            key(.bind(path, isReadOnly: true), target: "/u"),
            key(.bind(path, isReadOnly: true), .bind(path, isReadOnly: true)),
            key(.temporary(size: nil, isReadOnly: false)), key(.temporary(size: 0, isReadOnly: false)),
            key(.temporary(size: 1, isReadOnly: false)), key(.temporary(size: nil, isReadOnly: true)),
            key(agent()), key(agent { $0.id = "j" }), key(agent { $0.isRequired = true }),
            key(agent { $0.mode = 0o644 }), key(agent { $0.uid = 1 }), key(agent { $0.gid = 1 }),
            key(agent(), target: "/u"),
            key(cache()), key(cache { $0.id = "j" }), key(cache { $0.sharing = .locked }),
            key(cache { $0.sharing = .private }), key(cache { $0.isReadOnly = true }), key(cache { $0.seed = path }),
            key(cache { $0.mode = 0o700 }), key(cache { $0.uid = 1 }), key(cache { $0.gid = 1 }),
            key(secret()), key(secret(), target: nil), key(secret { $0.id = "j" }),
            key(secret { $0.isRequired = true }),
            key(secret { $0.environmentName = "" }), key(secret { $0.environmentName = "V" }),
            key(secret { $0.mode = 0o755 }), key(secret { $0.uid = 1 }), key(secret { $0.gid = 1 }),
        ]
        #expect(Set(keys).count == keys.count)
        let other = MountedPath(input: 2, path: "/other")
        #expect(key(.bind(other, isReadOnly: true)) == keys[1])
        #expect(key(cache { $0.seed = other }) == key(cache { $0.seed = path }))
    }

    @Test("every field of a copy is in its key but the path, which is in what it selects")
    func copyFields() {
        func key(_ change: (inout CopyAction) -> Void) -> ContentHash {
            var copy = CopyAction(origin: .input(1, path: "a"), destination: "/d")
            change(&copy)
            return Keys.operation(.file([.copy(copy)]))
        }
        let keys = [
            key { _ in },
            key { $0.origin = .input(2, path: "a") },
            key { $0.origin = .inline(name: "a", content: "") },
            key { $0.origin = .inline(name: "", content: "a") },
            key { $0.destination = "/d/" },
            key { $0.owner = "0" },
            key { $0.owner = "" },
            key { $0.mode = ModeChange("644") },
            key { $0.mode = ModeChange("u+x") },
            key { $0.mode = ModeChange("u-x") },
            key { $0.mode = ModeChange("g+x") },
            key { $0.mode = ModeChange("u+x,g+x") },
            key { $0.unpacksArchives = true },
            key { $0.isLinked = true },
            Keys.operation(.file([])),
            Keys.operation(.file([.makeDirectory(MakeDirectoryAction(path: "/d", owner: nil))])),
            Keys.operation(.file([.makeDirectory(MakeDirectoryAction(path: "/d", owner: "0"))])),
            Keys.operation(.file([.makeDirectory(MakeDirectoryAction(path: "/e", owner: nil))])),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(key { $0.origin = .input(1, path: "b") } == keys[0])
        #expect(key { $0.excludes = ["b"] } == keys[0])
        #expect(key { $0.keepsParents = true } == keys[0])
    }

    @Test("an image is its manifest's digest, never its name")
    func images() throws {
        let world = MemoryWorld()
        let one = try world.image("one", tree { file("a") })
        var renamed = one
        renamed.name = "two"
        let other = try world.image("one", tree { file("b") })
        #expect(Keys.operation(.source(.image(one))) == Keys.operation(.source(.image(renamed))))
        #expect(Keys.operation(.source(.image(one))) != Keys.operation(.source(.image(other))))
    }

    @Test("a content key holds the tree, the times where they are read, and the selections in their order")
    func contentKeys() throws {
        let trees = MemoryTrees()
        let operation = Keys.operation(.file([]))
        let other = try tree {
            file("a"); file("b", "2")
        }.tree(into: trees)
        let selections = try ["a", "b"].map { try Selection(of: $0, in: other, from: trees) }
        let times = ContentHash(of: [1])
        func key(
            _ tree: Tree?,
            times: ContentHash = StepState.empty.times,
            reads: Bool = true,
            selects: [Selection?] = [],
            caches: [ContentHash?] = []
        ) -> ContentHash {
            Keys.content(
                operation: operation,
                parent: tree.map { StepState(tree: $0, times: times) },
                readsTimes: reads,
                selections: selects,
                caches: caches
            )
        }
        let keys = [
            key(.empty), key(other), key(.empty, times: times), key(.empty, reads: false),
            key(.empty, selects: [selections[0]]), key(.empty, selects: [selections[1]]),
            key(.empty, selects: [selections[0], selections[1]]),
            key(.empty, selects: [selections[1], selections[0]]), key(.empty, selects: [nil]),
            key(.empty, selects: [nil, selections[0]]), key(nil), key(nil, reads: false),
            key(.empty, caches: [nil]), key(.empty, caches: [times]), key(.empty, caches: [nil, times]),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(key(.empty, times: times, reads: false) == key(.empty, reads: false))
    }

    @Test("the security of a step and its agents are told by name, the security only where it is not the usual one")
    func runRecords() {
        var step = ProcessStep(arguments: ["x"])
        #expect(!KeyRecord(of: .run(step)).fields.contains { $0.name == "security" })
        step.security = .insecure
        step.mounts = [ProcessMount(.agent(AgentMount(isRequired: true)), target: "/s")]
        let fields = KeyRecord(of: .run(step)).fields
        #expect(fields.contains { $0.name == "security" && $0.value == "insecure" })
        #expect(
            fields.contains {
                $0.name == "ssh mount" && $0.value == "target=/s,id=default,mode=600,uid=0,gid=0,required"
            }
        )
    }

    @Test("what goes into a key is told by name")
    func records() {
        let step = ProcessStep(arguments: ["make"], environment: ["A=1"])
        let record = KeyRecord(of: .run(step))
        #expect(record.fields.contains { $0.name == "argument" && $0.value == "make" })
        #expect(record.fields.contains { $0.name == "environment" && $0.value == "A=1" })
        var more = record
        more.add("parent", "x")
        #expect(more.encoded != record.encoded)
        let copy = CopyAction(origin: .input(1, path: "a"), destination: "/d", mode: ModeChange("u+rwX"))
        #expect(KeyRecord(of: .file([.copy(copy)])).fields.contains { $0.name == "mode" && $0.value == "u+rwX" })
    }

    @Test("that files get a commit's time is in the key of a copy")
    func commitTime() {
        func key(_ takesCommitTime: Bool) -> ContentHash {
            let origin = CopyAction.Origin.input(1, path: "/")
            return Keys.operation(
                .file([.copy(CopyAction(origin: origin, destination: "/a", takesCommitTime: takesCommitTime))])
            )
        }
        #expect(key(true) != key(false))
    }
}
