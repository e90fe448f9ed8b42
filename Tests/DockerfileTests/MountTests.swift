import Bytes
import Dockerfile
import Testing

@Suite("RUN --mount")
struct MountTests {
    /// The mount of a flag, with `$T` expanded to `/t`.
    private func mount(_ value: String) throws -> RunMount {
        let run = try instruction("RUN --mount=\(value) x").run()
        let expansion = Expansion { $0 == "T" ? "/t" : nil }
        return try only(run.mounts).resolved { word throws(DockerfileError) in try expansion.expandWord(word) }
    }

    @Test("is a read-only bind mount unless it says otherwise")
    func defaults() throws {
        var expected = RunMount()
        expected.target = "/t/x"
        #expect(try mount("target=$T/x") == expected)
        expected.isReadOnly = false
        #expect(try mount("rw,dst=$T/x") == expected)
        #expect(try mount("ReadOnly=false,destination=${T}/x") == expected)
    }

    @Test("reads each type with its options")
    func types() throws {
        var cache = RunMount()
        cache.type = .cache
        cache.isReadOnly = false
        cache.id = "a,b"
        cache.target = "/c"
        cache.sharing = .locked
        (cache.mode, cache.userID, cache.groupID) = (0o750, 1, 2)
        #expect(try mount("'type=cache,\"id=a,b\",target=/c,sharing=LOCKED,mode=0750,uid=1,gid=2'") == cache)
        #expect(try mount("type=tmpfs,target=/x,size=1.5k").size == 1536)
        #expect(try mount("type=tmpfs,target=/x,size=64MiB").size == 64 << 20)
        let secret = try mount("type=secret,id=s,env=TOKEN,required")
        #expect(secret.isRequired && secret.environmentName == "TOKEN" && secret.isReadOnly)
    }

    @Test(
        "refuses what is unknown or does not fit, when it is resolved",
        arguments: [
            ("type=chache", DockerfileError.Reason.unknownMountType("chache", suggestion: "cache")),
            ("tgt=/x", .unknownOption(flag: "mount", key: "tgt", field: "tgt=/x", suggestion: "dst")),
            ("target", .optionWithoutValue(flag: "mount", field: "target")),
            ("required", .optionNotForType(key: "required", type: .bind)),
            ("size=1,type=tmpfs", .optionNotForType(key: "size", type: .bind)),
            ("type=tmpfs,size=1x", .invalidOptionValue(key: "size", value: "1x")),
            ("type=cache,mode=8", .invalidOptionValue(key: "mode", value: "8")),
            ("type=cache,uid=-1", .invalidOptionValue(key: "uid", value: "-1")),
            ("type=cache,uid=4294967296", .invalidOptionValue(key: "uid", value: "4294967296")),
            ("mode=1", .optionNotForType(key: "mode", type: .bind)),
            ("sharing=shared", .optionNotForType(key: "sharing", type: .bind)),
            ("type=cache,sharing=all", .unknownSharing("all", suggestion: nil)),
            ("type=secret", .secretMountConflict(.nothingNamed)),
            ("type=secret,src=a,id=b", .secretMountConflict(.sourceAndID)),
            ("type=secret,id=b,from=c", .secretMountConflict(.from)),
        ]
    )
    func wrong(_ value: String, _ reason: DockerfileError.Reason) throws {
        #expect { try mount(value) } throws: { ($0 as? DockerfileError)?.reason == reason }
    }

    @Test(
        "takes sizes as Go writes numbers",
        arguments: [
            ("1e3", 1_000), ("+1", 1), ("5.", 5), ("1_000", 1_000), ("0x1p4k", 16_384), ("0x_1P+2", 4),
            ("1e2 KiB", 102_400),
            ("-0", 0), ("1e1_0", 10_000_000_000), ("0x10", nil), ("1__0", nil), ("1_", nil), ("_1", nil), ("1e", nil),
            ("1e400", nil), ("inf", nil), ("+", nil), (".", nil), ("-1", nil), ("1  k", nil), ("0b1", nil), ("", nil),
        ]
    )
    func sizes(_ text: String, _ bytes: Int64?) {
        #expect((try? mount("'type=tmpfs,target=/x,size=\(text)'"))?.size == bytes)
    }

    @Test("refuses a variable in from and a list with an open quote at once")
    func wrongAtOnce() {
        #expect(parseError("FROM a\nRUN --mount=from=$X,target=/x y")?.reason == .variableInMountFrom("from=$X"))
        #expect(
            parseError("FROM a\nRUN --mount='\"a' y")?.reason == .invalidList(flag: "mount", value: "\"a")
        )
    }
}
