import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("Mounts of RUN, lowered")
struct MountLoweringTests {
    private func mounts(
        _ flags: ByteString,
        after lines: ByteString = "",
        _ change: (inout LoweringRequest) -> Void = { _ in }
    ) async throws -> [ProcessMount] {
        try await lower("FROM scratch\n" + lines + "RUN " + flags + " x", change).runs.last?.mounts ?? []
    }

    @Test("a bind mount shows the context, a stage, or an image, as --from does; an input is there once")
    func binds() async throws {
        let result = try await lower(
            """
            FROM scratch AS a
            FROM busybox
            RUN --mount=target=/c --mount=from=A,source=d,dst=/a,rw --mount=from=busybox,target=/b \
                --mount=from=a,src=/e,target=/e,ro=false x
            """
        )
        #expect(
            result.runs[0].mounts == [
                ProcessMount(.bind(MountedPath(input: 1, path: "/"), isReadOnly: true), target: "/c"),
                ProcessMount(.bind(MountedPath(input: 2, path: "d"), isReadOnly: false), target: "/a"),
                ProcessMount(.bind(MountedPath(input: 3, path: "/"), isReadOnly: true), target: "/b"),
                ProcessMount(.bind(MountedPath(input: 2, path: "/e"), isReadOnly: false), target: "/e"),
            ]
        )
        let step = result.graph.vertices[result.graph.image.chain[1].index]
        #expect(step.inputs.count == 4)
        #expect(step.inputs[0] == step.inputs[3], "busybox is the base as well")
    }

    @Test("a number is no stage for a mount, as in BuildKit: it could be an image's name")
    func numbers() async throws {
        let error = await #expect(throws: InputFailure.self) {
            try await lower("FROM scratch AS a\nFROM scratch\nRUN --mount=from=0,target=/e x")
        }
        #expect(error?.underlying as? UnknownImage == UnknownImage(name: "0"))
    }

    @Test("targets are absolute: relative ones count from WORKDIR, and are cleaned")
    func targets() async throws {
        let lines: ByteString = "WORKDIR /w\n"
        for (written, target) in [("t", "/w/t"), ("./a/../t/", "/w/t"), ("/t//u", "/t/u")] as [(ByteString, ByteString)]
        {
            for type in ["bind", "cache", "tmpfs"] as [ByteString] {
                let mounts = try await mounts("--mount=type=" + type + ",target=" + written, after: lines)
                #expect(mounts.map(\.target) == [target])
            }
            #expect(
                try await mounts("--mount=type=secret,id=s,target=" + written, after: lines).map(\.target) == [target]
            )
        }
        #expect(try await mounts("--mount=type=tmpfs", after: lines).map(\.target) == ["/w"])
    }

    @Test(
        "a mount on the root is refused",
        arguments: ["type=bind,target=/", "type=cache,target=/a/..", "type=tmpfs", "type=secret,id=s,target=//"]
            as [ByteString]
    )
    func overRoot(_ flag: ByteString) async throws {
        let error = await #expect(throws: GraphError.self) { try await mounts("--mount=" + flag) }
        #expect(error?.reason == .mountOverRoot(flag == "type=tmpfs" ? "" : "/"))
        #expect(error?.range?.first == 2)
    }

    @Test("a cache is known by its id, or by its target as it is written")
    func caches() async throws {
        func cache(_ flag: ByteString, _ change: (inout LoweringRequest) -> Void = { _ in }) async throws -> CacheMount?
        {
            guard case .cache(let cache) = try await mounts("--mount=type=cache," + flag, change).first?.kind else {
                return nil
            }
            return cache
        }
        #expect(try await cache("target=/a/../c") == CacheMount(id: "//c"))
        #expect(try await cache("target=c/") == CacheMount(id: "/c"))
        #expect(try await cache("target=/c,id=x,readonly") == CacheMount(id: "/x", isReadOnly: true))
        #expect(
            try await cache("target=/c,sharing=locked,mode=1770,uid=1,gid=2")
                == CacheMount(id: "//c", sharing: .locked, mode: 0o1770, uid: 1, gid: 2)
        )
        #expect(try await cache("target=/c,sharing=private")?.sharing == .private)
        let seeded = try await cache("target=/c,from=busybox,source=/s") {
            $0.buildArguments = ["BUILDKIT_CACHE_MOUNT_NS": "n"]
        }
        #expect(seeded == CacheMount(id: "n//c", seed: MountedPath(input: 1, path: "/s")))
        #expect(try await cache("target=/c,source=/s")?.seed == MountedPath(input: 1, path: "/s"), "a part of nothing")
    }

    @Test("a tmpfs has a size or none")
    func temporary() async throws {
        #expect(
            try await mounts("--mount=type=tmpfs,target=/t,size=1m --mount=type=tmpfs,target=/t") == [
                ProcessMount(.temporary(size: 1 << 20, isReadOnly: false), target: "/t"),
                ProcessMount(.temporary(size: nil, isReadOnly: false), target: "/t"),
            ]
        )
    }

    @Test("a secret is a file in /run/secrets, or a variable, or both where both are named")
    func secrets() async throws {
        func secret(_ flag: ByteString) async throws -> ProcessMount? {
            try await mounts("--mount=type=secret," + flag).first
        }
        #expect(
            try await secret("id=dir/tok")
                == ProcessMount(.secret(SecretMount(id: "dir/tok")), target: "/run/secrets/tok")
        )
        #expect(try await secret("source=tok,target=/t")?.target == "/t")
        #expect(
            try await secret("target=/etc/tok") == ProcessMount(.secret(SecretMount(id: "tok")), target: "/etc/tok")
        )
        #expect(
            try await secret("id=tok,env=TOK,required")
                == ProcessMount(.secret(SecretMount(id: "tok", isRequired: true, environmentName: "TOK")), target: nil)
        )
        #expect(
            try await secret("id=tok,env=TOK,target=/t,mode=444,uid=1,gid=2")
                == ProcessMount(
                    .secret(SecretMount(id: "tok", environmentName: "TOK", mode: 0o444, uid: 1, gid: 2)),
                    target: "/t"
                )
        )
    }

    @Test("variables of the stage are expanded in options")
    func variables() async throws {
        let mounts = try await mounts("--mount=type=cache,target=$D,id=c-$D", after: "ARG D=/var/thing\n")
        #expect(mounts == [ProcessMount(.cache(CacheMount(id: "/c-/var/thing")), target: "/var/thing")])
    }

    @Test("a stage that only a mount names is built, a later one is refused")
    func stages() async throws {
        let used = try await lower("FROM scratch AS a\nRUN a\nFROM scratch AS b\nRUN --mount=from=a,target=/a b")
        #expect(used.runs.map(\.arguments.last) == ["a", "b"])
        let error = await #expect(throws: GraphError.self) {
            try await lower("FROM scratch AS a\nRUN --mount=from=b,target=/b x\nFROM scratch AS b") { $0.target = "a" }
        }
        #expect(error?.reason == .laterStage("b"))
    }

    @Test("extra hosts are those of every RUN")
    func extraHosts() async throws {
        let hosts = [ExtraHost(name: "a", address: "1.2.3.4")]
        let runs = try await lower("FROM scratch\nRUN a\nRUN b") { $0.extraHosts = hosts }.runs
        #expect(runs.map(\.extraHosts) == [hosts, hosts])
    }

    @Test("the history of a RUN does not tell of its mounts")
    func history() async throws {
        let result = try await lower("FROM scratch\nRUN --mount=type=secret,id=s x")
        #expect(result.history == ["RUN /bin/sh -c x # buildkit"])
    }
}
