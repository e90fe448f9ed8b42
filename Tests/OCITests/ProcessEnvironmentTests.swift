import Bytes
import OCI
import Testing

@Suite("Environments")
struct ProcessEnvironmentTests {
    @Test("keep the place of a name when its value changes")
    func replacesInPlace() {
        var environment = ProcessEnvironment(["A=1", "B=2", "A=3", "C", "D=x=y", "=z"])
        #expect(environment.entries == ["A=3", "B=2", "C=", "D=x=y", "=z"])
        environment["B"] = "new"
        environment["E"] = ""
        #expect(environment.entries == ["A=3", "B=new", "C=", "D=x=y", "=z", "E="])
        #expect(environment["D"] == "x=y")
        #expect(environment["C"] == "")
        #expect(environment["F"] == nil)
    }

    @Test("find what follows a name that was removed")
    func removes() {
        var environment = ProcessEnvironment(["A=1", "B=2", "C=3"])
        environment["A"] = nil
        environment["F"] = nil
        environment["C"] = "4"
        #expect(environment.entries == ["B=2", "C=4"])
        #expect(environment["A"] == nil)
    }

    @Test("keep values that are not text")
    func keepsBytes() {
        let environment = ProcessEnvironment([ByteString([0x41, 0x3D, 0xFF, 0x00])])
        #expect(environment["A"] == ByteString([0xFF, 0x00]))
    }
}
