import Bytes
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

@Suite("Cutoff")
struct CutoffTests {
    private let world = MemoryWorld()

    @Test("a second unchanged build runs nothing")
    func unchanged() async throws {
        let dockerfile: ByteString = """
            FROM scratch AS build
            COPY a /src/
            RUN digest built
            FROM scratch
            WORKDIR /work
            COPY --from=build /built /out
            RUN write done yes
            """
        let context = tree { file("a", "1") }
        let first = try await world.build(dockerfile, context: context)
        #expect(first.executed.count == 5)
        let second = try await world.build(dockerfile, context: context)
        #expect(second.executed == [])
        #expect(Set(second.cached.values) == [.unchanged])
        #expect(second.tree == first.tree)
        #expect(second.layers == first.layers)
    }

    @Test("a step that runs again and gives the same tree is the last one that runs")
    func stops() async throws {
        let first = try await world.build("FROM scratch\nRUN write a 1\nRUN digest b\nRUN digest c")
        let second = try await world.build("FROM scratch\nRUN true; write a 1\nRUN digest b\nRUN digest c")
        #expect(second.executed == ["RUN true; write a 1"])
        #expect(second.cached == ["RUN digest b": .sameInputs, "RUN digest c": .sameInputs])
        #expect(second.tree == first.tree)
        // The step's own delta is the new one, those after it are the earlier ones.
        #expect(second.layers[0] != first.layers[0])
        #expect(Array(second.layers[1...]) == Array(first.layers[1...]))
        #expect(second.config.history.map(\.createdBy)[0] == "RUN /bin/sh -c true; write a 1 # buildkit")
        // From then on the edited build is known by definition.
        let third = try await world.build("FROM scratch\nRUN true; write a 1\nRUN digest b\nRUN digest c")
        #expect(third.executed == [])
        #expect(Set(third.cached.values) == [.unchanged])
        #expect(third.layers == second.layers)
    }

    @Test("a step that runs again and gives the same change keeps its earlier delta")
    func sameDelta() async throws {
        let first = try await world.build("FROM scratch\nRUN write a 1\nRUN digest b")
        let second = try await world.build("FROM scratch\nRUN write a 1\nRUN digest b") { $0.ignoresCache = true }
        #expect(second.executed.count == 2)
        #expect(second.layers == first.layers)
    }

    @Test("a secret that an older Dockerfile left in a lower layer does not come back")
    func secretInLowerLayer() async throws {
        let context = tree { file("f") }
        func dockerfile(_ name: ByteString, _ text: ByteString) -> ByteString {
            "FROM scratch\nRUN write " + name + " " + text + "\nRUN rm " + name + "; write a 1\nCOPY f /f"
        }
        _ = try await world.build(dockerfile("secret", "s3cr3t"), context: context)
        let clean = try await world.build(dockerfile("other", "x"), context: context)
        let secret = ContentHash(of: Array("s3cr3t".utf8))
        for layer in clean.layers {
            for entry in world.results[layer].entries {
                #expect(entry.path != TreePath(parsing: "secret"))
                if case .write(let written, _, _) = entry.change, case .file(let hash, _) = written.node {
                    #expect(hash != secret)
                }
            }
        }
        // The last step was a hit all the same: it found the same tree.
        #expect(clean.cached["COPY f /f"] == .sameInputs)
        #expect(clean.layers.count == 3)
    }

    @Test("a base that moved to other layers with the same files brings its own layers")
    func movedBase() async throws {
        let files = tree { file("etc/os", "1") }
        let old = try world.image("base:1", files)
        let new = try world.image("base:2", files)
        let dockerfile: ByteString = "FROM base\nCOPY a /a\nRUN digest b"
        let context = tree { file("a") }
        let first = try await world.build(dockerfile, context: context) { $0.images = ["base": .image(old)] }
        let second = try await world.build(dockerfile, context: context) { $0.images = ["base": .image(new)] }
        #expect(second.executed == [])
        #expect(second.layers[0] != first.layers[0])
        #expect(second.layers[1...] == first.layers[1...])
    }

    @Test("COPY reads what it selects and the tree it is put over, nothing else of the context")
    func copyReads() async throws {
        let dockerfile: ByteString = "FROM scratch\nCOPY src /src"
        let base = tree {
            file("src/a", "1"); file("other", "1")
        }
        _ = try await world.build(dockerfile, context: base)
        let other = tree {
            file("src/a", "1"); file("other", "2"); file("new")
        }
        #expect(try await world.build(dockerfile, context: other).executed == [])
        let edited = tree {
            file("src/a", "2"); file("other", "1")
        }
        #expect(try await world.build(dockerfile, context: edited).executed == ["COPY src /src"])
        let mode = tree {
            file("src/a", "1", mode: 0o755); file("other", "1")
        }
        #expect(try await world.build(dockerfile, context: mode).executed == ["COPY src /src"])
        let renamed = tree {
            file("src/b", "1"); file("other", "1")
        }
        #expect(try await world.build(dockerfile, context: renamed).executed == ["COPY src /src"])
        // What is at the destination decides what the delta is.
        let below = try await world.build("FROM scratch\nRUN write src/z 1\nCOPY src /src", context: base)
        #expect(below.executed == ["COPY src /src", "RUN write src/z 1"])
    }

    @Test("COPY --from reads what it selects of the stage, whatever else ran there")
    func copyFromStage() async throws {
        func dockerfile(_ text: ByteString) -> ByteString {
            "FROM scratch AS a\nRUN write out 1; write other " + text
                + "\nFROM scratch\nCOPY --from=a /out /out\nRUN digest b"
        }
        let first = try await world.build(dockerfile("1"))
        let second = try await world.build(dockerfile("2"))
        #expect(second.executed == ["RUN write out 1; write other 2"])
        #expect(second.layers == first.layers)
    }

    @Test("a link that a COPY follows is in what it reads")
    func copyThroughLink() async throws {
        let dockerfile: ByteString = "FROM scratch\nCOPY current /app"
        let one = tree {
            link("current", to: "v1"); file("v1", "1"); file("v2", "2")
        }
        let two = tree {
            link("current", to: "v2"); file("v1", "1"); file("v2", "2")
        }
        let first = try await world.build(dockerfile, context: one)
        let second = try await world.build(dockerfile, context: two)
        #expect(second.executed == ["COPY current /app"])
        #expect(first.tree != second.tree)
    }
}
