import Bytes
import Dockerfile
import Testing

@Suite("Checks of hostile Dockerfiles", .timeLimit(.minutes(20)))
struct HostileCheckTests {
    @Test("with a long chain of stages copy no variables from one to the next")
    func chain() throws {
        let stages = (1..<4_000).map { "FROM s\($0 - 1) AS s\($0)\nENV x\($0)=1\n" }.joined()
        let text = "FROM scratch AS s0\nENV x0=1\n" + stages + "COPY $x0 $x2000 $y /\n"
        #expect(try lines(of: "UndefinedVar", in: text) == [8_001])
        #expect(try #require(DockerfileOutline(try checkRequest(text))).arguments.isEmpty)
    }

    @Test("with many children of one large stage end, and say nothing that is not sure")
    func children() throws {
        let variables = (0..<2_000).map { "v\($0)=1" }.joined(separator: " ")
        let stages = String(repeating: "FROM base\nENV z=1\nCOPY $v1999 /\n", count: 3_000)
        #expect(try lines(of: "UndefinedVar", in: "FROM scratch AS base\nENV \(variables)\n\(stages)") == [])
    }

    @Test("with values that grow keep to their budget; words that go over it are not spoken of")
    func growth() throws {
        let text = "FROM scratch\nENV a=x\n" + String(repeating: "ENV a=$a$a$a\n", count: 5_000) + "COPY $a$b /\n"
        #expect(try lines(of: "UndefinedVar", in: text).count <= 1)
        let copies = "FROM scratch\nENV a=\(String(repeating: "x", count: 60_000))\nCOPY "
        #expect(try check(copies + String(repeating: "$a ", count: 20_000) + "/\n", .build) == [])
    }

    @Test("with triggers of triggers look at a limited number of them")
    func triggers() throws {
        let text =
            "FROM scratch AS b\n" + String(repeating: "ONBUILD USER $x\n", count: 200)
            + String(repeating: "FROM b\n", count: 200)
        let result = DockerfileChecks.run(try checkRequest(text))
        #expect(result.warnings.count == 5_000)
        // A finding for each trigger that is looked at, and one for each child that nothing uses.
        #expect(result.omittedCount + 5_000 == 20_000 + 199)
    }

    @Test("with many findings in one long instruction give reports of a readable size")
    func reports() throws {
        let lines = String(repeating: "\\\n" + String(repeating: "x", count: 300) + " ", count: 900)
        let request = try checkRequest("FROM scratch\nCOPY \(lines) \(String(repeating: "$y ", count: 5_000))/\n")
        let report = CheckReport(DockerfileChecks.run(request), source: request.dockerfile.source)
        #expect(report.result.warnings.count == 5_000)
        #expect(report.text.utf8.count < 8_000_000)
        #expect(report.json.compact.count < 8_000_000)
        #expect(report.json["warnings"]?.array?.last?["location"]?["ranges"]?.array?.count == 1)
    }
}

extension CheckSettings {
    /// Those of a build.
    fileprivate static var build: CheckSettings {
        var settings = CheckSettings()
        settings.purpose = .build
        return settings
    }
}
