import Bytes
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

/// What mounts add to what a step depends on (`cache.md` rules 6 and 8).
@Suite("Mounts in keys")
struct MountTests {
    private let world = MemoryWorld()

    private func build(
        _ dockerfile: ByteString,
        context: FileModel = FileModel(),
        _ change: (inout MemoryBuild) -> Void = { _ in }
    ) async throws -> MemoryBuild.Image {
        for text in ["1", "2"] as [ByteString] { world.contents.keep(text) }
        return try await world.build(dockerfile, context: context, change)
    }

    private func text(_ path: ByteString, in image: MemoryBuild.Image) -> ByteString? {
        guard case .file(let hash, _) = image.files.file(at: TreePath(parsing: path))?.node else { return nil }
        return world.contents[hash]
    }

    @Test("a step reads what its bind mounts show, and nothing else of the folder")
    func bindOfContext() async throws {
        let dockerfile: ByteString = "FROM scratch\nRUN --mount=source=src,target=/m mounted a out"
        func context(_ a: ByteString, _ other: ByteString, mode: UInt16 = 0o755) -> FileModel {
            tree {
                directory("src", mode: mode)
                file("src/a", a)
                file("other", other)
            }
        }
        #expect(text("out", in: try await build(dockerfile, context: context("1", "1"))) == "1")
        #expect(try await build(dockerfile, context: context("1", "2")).executed == [])
        let second = try await build(dockerfile, context: context("2", "2"))
        #expect(second.executed.count == 1)
        #expect(text("out", in: second) == "2")
        // The directory itself is what is mounted: a step sees its mode.
        #expect(try await build(dockerfile, context: context("2", "2", mode: 0o700)).executed.count == 1)
    }

    @Test("a step reads the part of a stage that is mounted, whatever else ran there")
    func bindOfStage() async throws {
        func dockerfile(_ made: ByteString, _ other: ByteString, _ options: ByteString = "") -> ByteString {
            "FROM scratch AS a\nRUN write d/a " + made + "; write other " + other
                + "\nFROM scratch\nRUN --mount=from=a,source=/d,target=/m" + options + " mounted a out"
        }
        #expect(text("out", in: try await build(dockerfile("1", "1"))) == "1")
        let second = try await build(dockerfile("1", "2"))
        #expect(second.executed == ["RUN write d/a 1; write other 2"])
        #expect(text("out", in: try await build(dockerfile("2", "2"))) == "2")
        // Of one that may be written to the same counts.
        _ = try await build(dockerfile("1", "1", ",rw"))
        #expect(try await build(dockerfile("1", "2", ",rw")).executed == [])
        #expect(try await build(dockerfile("2", "2", ",rw")).executed.count == 1)
    }

    @Test("a missing source of a mount is an error")
    func missingSource() async throws {
        await #expect(throws: StepFailure.self) {
            try await build("FROM scratch\nRUN --mount=source=no,target=/m true")
        }
    }

    @Test("a step with a cache depends on the last step before it that could write to the cache")
    func cacheWriters() async throws {
        func dockerfile(_ first: ByteString, _ id: ByteString = "c", options: ByteString = "") -> ByteString {
            "FROM scratch\nRUN --mount=type=cache,target=/c,id=" + id + options + " true; " + first
                + "\nRUN --mount=type=cache,target=/c,id=c digest b\nRUN digest d"
        }
        _ = try await build(dockerfile("write a 1"))
        // The same tree of another writer: what is in the cache may be another thing.
        let second = try await build(dockerfile("true; write a 1"))
        #expect(
            second.executed == [
                "RUN --mount=type=cache,target=/c,id=c digest b",
                "RUN --mount=type=cache,target=/c,id=c true; true; write a 1",
            ]
        )
        #expect(second.cached == ["RUN digest d": .sameInputs])
        #expect(try await build(dockerfile("true; write a 1")).executed == [])
        // Another cache, or one that could only be read, is no channel.
        _ = try await build(dockerfile("write a 1", "other"))
        #expect(try await build(dockerfile("true; write a 1", "other")).executed.count == 1)
        _ = try await build(dockerfile("write a 1", options: ",readonly"))
        #expect(try await build(dockerfile("true; write a 1", options: ",readonly")).executed.count == 1)
    }

    @Test("a writer in another stage that a step comes from counts, too")
    func cacheWriterInOtherStage() async throws {
        func dockerfile(_ command: ByteString) -> ByteString {
            "FROM scratch AS a\nRUN --mount=type=cache,target=/c write out 1; " + command
                + "\nFROM scratch\nCOPY --from=a /out /out\nRUN --mount=type=cache,target=/c digest b"
        }
        _ = try await build(dockerfile("true"))
        let second = try await build(dockerfile("true; true"))
        #expect(second.executed.contains("RUN --mount=type=cache,target=/c digest b"))
        #expect(second.cached["COPY --from=a /out /out"] == .sameInputs)
    }

    @Test("a cache's seed is read like a bind mount")
    func cacheSeed() async throws {
        func dockerfile(_ text: ByteString, _ other: ByteString) -> ByteString {
            "FROM scratch AS a\nRUN write s/f " + text + "; write other " + other
                + "\nFROM scratch\nRUN --mount=type=cache,target=/c,from=a,source=/s true"
        }
        _ = try await build(dockerfile("1", "1"))
        #expect(try await build(dockerfile("1", "2")).executed.count == 1)
        #expect(try await build(dockerfile("2", "2")).executed.count == 2)
    }

    @Test("a linked copy does not run again when what is below it changed")
    func linkedCopy() async throws {
        let context = tree { file("a", "1") }
        func dockerfile(_ text: ByteString, _ copy: ByteString = "COPY --link a /d/") -> ByteString {
            "FROM scratch\nRUN write d/b " + text + "\n" + copy + "\nRUN digest e"
        }
        let first = try await build(dockerfile("1"), context: context)
        let second = try await build(dockerfile("2"), context: context)
        #expect(second.executed == ["RUN digest e", "RUN write d/b 2"])
        #expect(second.cached["COPY --link a /d/"] == .unchanged)
        #expect(second.layers[1] == first.layers[1])
        #expect(text("d/a", in: second) == "1")
        #expect(text("d/b", in: second) == "2")
        let ordinary = try await build(dockerfile("1", "COPY a /d/"), context: context)
        #expect(ordinary.executed == ["COPY a /d/"])
        #expect(ordinary.tree == first.tree)
    }

    @Test("a linked copy reads passwd and group where it has names, and only there")
    func linkedOwners() async throws {
        let context = tree { file("a", "1") }
        func dockerfile(_ line: ByteString, _ owner: ByteString) -> ByteString {
            "FROM scratch\nRUN write etc/passwd " + line + "\nCOPY --link --chown=" + owner + " a /a"
        }
        for owner in ["5", "5:6", ":6"] as [ByteString] {
            _ = try await build(dockerfile("1", owner), context: context)
            #expect(try await build(dockerfile("2", owner), context: context).executed == ["RUN write etc/passwd 2"])
            world.results.forget { _ in true }
        }
        for owner in ["u", "5:g", "u:6", "4294967296"] as [ByteString] {
            _ = try await build(dockerfile("1", owner), context: context)
            #expect(try await build(dockerfile("2", owner), context: context).executed.count == 2)
            world.results.forget { _ in true }
        }
    }

    @Test("what --exclude leaves out may change")
    func excluded() async throws {
        let dockerfile: ByteString = "FROM scratch\nCOPY --exclude=**/*.log . /c"
        _ = try await build(
            dockerfile,
            context: tree {
                file("d/a", "1"); file("d/x.log", "1")
            }
        )
        let second = try await build(
            dockerfile,
            context: tree {
                file("d/a", "1"); file("d/y.log", "2")
            }
        )
        #expect(second.executed == [])
        #expect(second.files.files.map(\.bytes) == ["c/d/a"])
        let third = try await build(dockerfile, context: tree { file("d/a", "2") })
        #expect(third.executed.count == 1)
    }
}
