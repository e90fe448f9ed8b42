import Bytes
import Dockerfile
import Testing

@Suite("Reports of checks")
struct CheckReportTests {
    private func report(_ text: String) throws -> CheckReport {
        let request = try checkRequest(text)
        return CheckReport(DockerfileChecks.run(request), source: request.dockerfile.source)
    }

    @Test("as text have rule, page, detail and excerpt of each finding, by line")
    func text() throws {
        let text = try report("FROM scratch\nCMD x\nMAINTAINER y\n").text
        #expect(
            text.hasPrefix("Check complete, 2 warnings have been found!\n\nWARNING: JSONArgsRecommended - https://")
        )
        #expect(text.contains("/rule/json-args-recommended/\nJSON arguments recommended for CMD to prevent"))
        #expect(text.contains("\nDockerfile:2\n--------------------\n"))
        #expect(text.contains("   2 | >>> CMD x\n   3 |     MAINTAINER y\n"))
        #expect(text.contains("\nWARNING: MaintainerDeprecated - "))
        #expect(!text.contains("^"))
    }

    @Test("as text count, and say so when there is nothing")
    func counts() throws {
        #expect(try report("FROM scratch\n").text == "Check complete, no warnings found.\n")
        #expect(try report("FROM scratch\nCMD x").text.hasPrefix("Check complete, 1 warning has been found!\n"))
        #expect(try report("FROM scratch\n").isClean)
    }

    @Test("as text tell reason and remedy of rules that have no page")
    func remedy() throws {
        let text = try report("FROM alpine\n").text
        #expect(text.contains("WARNING: UnpinnedBaseImage\n"))
        #expect(text.contains("name a version, best with its digest"))
    }

    @Test("as JSON have the members of buildx")
    func json() throws {
        let json = try report("FROM scratch\nCMD x \\\n y\n").json
        let warning = try #require(json["warnings"]?.array?.first)
        #expect(warning["ruleName"] == "JSONArgsRecommended")
        #expect(warning["url"]?.string?.hasPrefix("https://docs.docker.com/go/dockerfile/rule/") == true)
        #expect(warning["description"]?.string != nil)
        #expect(warning["detail"]?.string != nil)
        #expect(
            warning["location"] == [
                "ranges": [
                    ["start": ["line": 2], "end": ["line": 2]], ["start": ["line": 3], "end": ["line": 3]],
                ]
            ]
        )
        let source = try #require(json["sources"]?.array?.first)
        #expect(source["filename"] == "Dockerfile")
        #expect(source["language"] == "Dockerfile")
        #expect(source["data"] == "RlJPTSBzY3JhdGNoCkNNRCB4IFwKIHkK")
        #expect(json["buildError"] == nil)
        #expect(try report("FROM scratch\n").json["warnings"] == [])
    }

    @Test(
        "as JSON hold a file in Base64, however long",
        arguments: [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj")]
    )
    func base64(_ text: String, _ encoded: String) throws {
        let source = SourceText(content: ByteString(text))
        let report = CheckReport(CheckResult(), source: source)
        #expect(report.json["sources"]?.array?.first?["data"] == JSONValue.string(encoded))
    }

    @Test("of a file that cannot be read hold the error")
    func error() throws {
        let text = "FROM scratch\nRUM x\n"
        let error = try #require(parseError(text))
        let report = CheckReport(CheckResult(), source: SourceText(content: ByteString(text)), errors: error.all)
        #expect(!report.isClean)
        #expect(report.text.contains("did you mean RUN?"))
        #expect(report.json["warnings"] == [])
        #expect(report.json["buildError"]?["message"] == "unknown instruction: RUM (did you mean RUN?)")
        #expect(report.json["buildError"]?["location"]?["ranges"]?.array?.count == 1)
        let results = report.sarif(version: "1")["runs"]?.array?.first?["results"]
        #expect(results?.array?.first?["level"] == "error")
        #expect(results?.array?.first?["message"] == ["text": "unknown instruction: RUM; did you mean RUN?"])
        #expect(report.json["buildError"]?["others"] == nil)
    }

    @Test("of several mistakes hold all of them")
    func mistakes() throws {
        let text = "FROM scratch\nRUM x\nCOPPY y\n"
        let error = try #require(parseError(text))
        let report = CheckReport(CheckResult(), source: SourceText(content: ByteString(text)), errors: error.all)
        let others = try #require(report.json["buildError"]?["others"]?.array)
        #expect(others.map { $0["message"] } == ["unknown instruction: COPPY (did you mean COPY?)"])
        #expect(others[0]["location"] == ["ranges": [["start": ["line": 3], "end": ["line": 3]]]])
    }

    @Test("of a file with a mistake hold what rules for one instruction find before it")
    func beforeError() throws {
        let text = "\nFROM scratch AS BadStageName\nMAINTAINER me\nCOPY $a /\nBADCMD\nMAINTAINER you\n"
        let error = try #require(parseError(text))
        let report = earlyReport(text, error)
        #expect(report.result.warnings.map(\.rule.name) == ["StageNameCasing", "MaintainerDeprecated"])
        #expect(report.text.hasPrefix("Check complete, 2 warnings have been found!\n"))
        #expect(report.text.contains("--------------------\n\nDockerfile:5:1: unknown instruction: BADCMD\n"))
        #expect(report.json["warnings"]?.array?.count == 2)
        #expect(report.json["buildError"]?["location"] == ["ranges": [["start": ["line": 5], "end": ["line": 5]]]])
        let skipped = earlyReport(text, error, ["BUILDKIT_DOCKERFILE_CHECK": "skip=all"])
        #expect(skipped.result.warnings.isEmpty)
    }

    private func earlyReport(
        _ text: String,
        _ error: DockerfileError,
        _ arguments: [ByteString: ByteString] = [:]
    ) -> CheckReport {
        let source = SourceText(content: ByteString(text))
        let found = DockerfileChecks.run(before: error.all, in: source, purpose: .check, buildArguments: arguments)
        return CheckReport(found, source: source, errors: error.all)
    }

    @Test("with error=true hold what the build ends with")
    func violation() throws {
        let text = "# check=error=true\nFROM scratch as base\ncopy a /\nMAINTAINER x\n"
        let report = try report(text)
        let message = "lint violation found for rules: ConsistentInstructionCasing, FromAsCasing, MaintainerDeprecated"
        #expect(report.json["buildError"] == ["message": .string(message), "location": [:]])
        #expect(report.text.hasSuffix("--------------------\n\n\(message)\n"))
        #expect(try self.report("# check=error=true\nFROM scratch\n").json["buildError"] == nil)
    }

    @Test("tell the path in texts for people, the last part of the name in JSON")
    func path() throws {
        let source = SourceText(name: "a/b.Dockerfile", content: "FROM scratch\nMAINTAINER x\n")
        let request = try checkRequest(source.content.text)
        var report = CheckReport(DockerfileChecks.run(request), source: source)
        #expect(report.json["sources"]?.array?.first?["filename"] == "b.Dockerfile")
        #expect(report.text.contains("\na/b.Dockerfile:2\n"))
        report.path = "c/d"
        #expect(report.text.contains("\nc/d:2\n"))
    }

    @Test("as SARIF name rule, place and column")
    func sarif() throws {
        let text = "FROM scratch\nENV é=1 PATH=$PAHT\nCMD x\nENV token=1 secret=2\n"
        let sarif = try report(text).sarif(version: "1.2")
        #expect(sarif["version"] == "2.1.0")
        let run = try #require(sarif["runs"]?.array?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.array)
        let results = try #require(run["results"]?.array)
        #expect(results.count == 4)
        for result in results {
            let index = try #require(result["ruleIndex"]?.integer)
            #expect(rules[Int(index)]["id"] == result["ruleId"])
            #expect(result["message"]?["text"]?.string?.isEmpty == false)
        }
        let place = try #require(results[0]["locations"]?.array?.first?["physicalLocation"])
        #expect(place["artifactLocation"]?["uri"] == "Dockerfile")
        #expect(place["region"] == ["startLine": 2, "startColumn": 14, "endColumn": 19])
        #expect(
            results[1]["locations"]?.array?.first?["physicalLocation"]?["region"] == ["startLine": 3, "endLine": 3]
        )
    }

    @Test(
        "as SARIF write the file's path as a URI",
        arguments: [
            ("a b/é.Dockerfile", "a%20b/%C3%A9.Dockerfile"), ("./x/../y//Dockerfile", "y/Dockerfile"),
            ("../Dockerfile", "../Dockerfile"), ("/src/./a?b#c", "file:///src/a%3Fb%23c"),
        ]
    )
    func uri(_ path: String, _ uri: String) {
        let source = SourceText(name: path, content: "FROM")
        let sarif = CheckReport(CheckResult(), source: source, errors: [DockerfileError(.noStages)]).sarif(version: "1")
        let place = place(sarif, 0)
        #expect(place?["artifactLocation"]?["uri"] == .string(uri))
        #expect(place?["region"] == ["startLine": 1, "endLine": 1])
    }

    private func place(_ sarif: JSONValue, _ index: Int) -> JSONValue? {
        sarif["runs"]?.array?.first?["results"]?.array?[index]["locations"]?.array?.first?["physicalLocation"]
    }

    @Test(
        "as SARIF count columns in code points of what people see",
        arguments: [
            ("\u{FEFF}FROM x as b", 1, 8, 10), ("FROM scratch\nENV\té😀=1\ta=$b\r\n", 2, 12, 14),
            ("FROM scratch\nCOPY \\\n # x\n $b \\\n /\n", 4, 2, 4),
            ("FROM scratch\nCOPY <<A /\nü $b\nA\n", 3, 3, 5),
        ]
    )
    func columns(_ text: String, _ line: Int, _ start: Int, _ end: Int) throws {
        let sarif = try report(text).sarif(version: "1")
        let count = sarif["runs"]?.array?.first?["results"]?.array?.count ?? 0
        let region: JSONValue = [
            "startLine": .integer(line), "startColumn": .integer(start), "endColumn": .integer(end),
        ]
        #expect((0..<count).contains { place(sarif, $0)?["region"] == region })
    }

    @Test("keep five thousand findings and count the others")
    func limit() throws {
        let text = "FROM scratch\nCOPY " + String(repeating: "$x ", count: 6_000) + "/\n"
        let result = DockerfileChecks.run(try checkRequest(text))
        #expect(result.warnings.count == 5_000)
        #expect(result.omittedCount == 1_000)
    }
}
