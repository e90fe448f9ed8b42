import Bytes
import Graph
import OCI
import Solver
import TestSupport
import Testing
import Trees

@Suite("Times in keys")
struct TimesTests {
    private let world = MemoryWorld()

    @Test("a touch before a step makes it run again, though the tree is the same")
    func touchCounts() async throws {
        let first = try await world.build("FROM scratch\nRUN write configure x\nRUN digest made")
        let second = try await world.build("FROM scratch\nRUN write configure x\nRUN touch configure\nRUN digest made")
        #expect(second.executed == ["RUN digest made", "RUN touch configure"])
        #expect(second.tree == first.tree)
    }

    @Test("a time that is set to another value makes later RUNs run again, the same value does not")
    func valuesCount() async throws {
        func dockerfile(_ time: ByteString, _ more: ByteString = "") -> ByteString {
            "FROM scratch\nRUN write a x" + more + "; touch a " + time + "\nRUN modified a seen\nCOPY f /f"
        }
        let context = tree { file("f") }
        let first = try await world.build(dockerfile("10"), context: context)
        let same = try await world.build(dockerfile("10", "; true"), context: context)
        #expect(same.executed == ["RUN write a x; true; touch a 10"])
        let other = try await world.build(dockerfile("20"), context: context)
        #expect(other.executed.contains("RUN modified a seen"))
        #expect(other.tree != first.tree)
    }

    @Test("a step that wrote now is told from one that set a time")
    func nowIsNotATime() async throws {
        _ = try await world.build("FROM scratch\nRUN write a x\nRUN digest b")
        let second = try await world.build("FROM scratch\nRUN write a x; touch a 10\nRUN digest b")
        #expect(second.executed == ["RUN digest b", "RUN write a x; touch a 10"])
    }

    @Test("COPY does not read times, and does not add any")
    func copy() async throws {
        let context = tree { file("f") }
        _ = try await world.build("FROM scratch\nRUN write a x\nCOPY f /f\nRUN digest b", context: context)
        let second = try await world.build(
            "FROM scratch\nRUN write a x; touch a 10\nCOPY f /f\nRUN digest b",
            context: context
        )
        #expect(second.executed == ["RUN digest b", "RUN write a x; touch a 10"])
        #expect(second.cached["COPY f /f"] == .sameInputs)
    }

    @Test("an empty step adds no times")
    func emptyStep() async throws {
        _ = try await world.build("FROM scratch\nRUN write a x\nRUN digest b")
        let second = try await world.build("FROM scratch\nRUN write a x\nRUN true\nRUN digest b")
        #expect(second.executed == ["RUN true"])
        #expect(second.layers.count == 3)
    }

    @Test("the times after a step are those before it with what its delta adds")
    func chain() {
        let (start, end) = (FileTime(seconds: 10), FileTime(seconds: 20))
        func delta(_ path: ByteString, _ seconds: Int64) -> Delta {
            let change = Delta.Change.write(.file("x"), modified: FileTime(seconds: seconds), linkedTo: nil)
            return Delta(entries: [.init(path: TreePath(parsing: path), change: change)])
        }
        let empty = StepState.empty
        func after(_ delta: Delta, _ state: StepState = .empty) -> ContentHash {
            state.times(after: delta, from: start, to: end)
        }
        #expect(after(Delta()) == empty.times)
        #expect(after(delta("a", 12)) == after(delta("a", 13)))
        #expect(after(delta("a", 12)) != empty.times)
        #expect(after(delta("a", 5)) != after(delta("a", 12)))
        let one = StepState(tree: .empty, times: after(delta("a", 12)))
        let other = StepState(tree: .empty, times: after(delta("b", 12)))
        #expect(after(delta("b", 12), one) != after(delta("a", 12), other))
    }
}
