internal import Bytes
internal import OCI
internal import Testing

@testable internal import Reports

@Suite("A list")
struct ListTextTests {
    private let rows = [("app", "1"), ("a-rather-long-name", "latest")].map { name, tag in
        GoValue.structure(GoStructure("row", [.init("Repository", .text(name)), .init("Tag", .text(tag))]))
    }

    private func text(_ format: ByteString?) throws -> String {
        try ListText(
            format: format,
            table: "{{.Repository}}\t{{.Tag}}",
            headers: ["Repository": "REPOSITORY", "Tag": "TAG"],
            words: ["raw": "r: {{.Tag}}\n"]
        ).text(of: rows)
    }

    private static let table = """
        REPOSITORY           TAG
        app                  1
        a-rather-long-name   latest

        """

    @Test("is a table, each column as wide as its widest cell", arguments: [nil, "", "table"] as [ByteString?])
    func table(_ format: ByteString?) throws {
        #expect(try text(format) == Self.table)
    }

    // As docker 28 printed them.
    @Test(
        "has the form that was asked for",
        arguments: [
            ("table {{.Tag}}\\t{{.Repository}}", "TAG       REPOSITORY\n1         app\nlatest    a-rather-long-name\n"),
            ("table {{.Repository}} x {{.Tag}}", "REPOSITORY x TAG\napp x 1\na-rather-long-name x latest\n"),
            ("table {{upper .Tag}}", "TAG\n1\nLATEST\n"),
            (
                "json",
                "{\"Repository\":\"app\",\"Tag\":\"1\"}\n{\"Repository\":\"a-rather-long-name\",\"Tag\":\"latest\"}\n"
            ),
            ("{{.Tag}}", "1\nlatest\n"), ("\\tx{{.Tag}}\\n", "\tx1\n\n\txlatest\n\n"), ("raw", "r: 1\n\nr: latest\n\n"),
            ("x", "x\nx\n"),
        ]
    )
    func form(_ format: String, _ output: String) throws {
        #expect(try text(ByteString(format)) == output)
    }

    @Test(
        "has sizes in decimal units, as docker's",
        arguments: [
            (0, "0B"), (3, "3B"), (999, "999B"), (1000, "1kB"), (3216, "3.22kB"), (1_982_256, "1.98MB"),
            (1_985_521, "1.99MB"), (999_600, "1e+03kB"), (124_000_000, "124MB"), (1_234_567_890, "1.23GB"),
        ] as [(Int64, String)]
    )
    func sizes(_ bytes: Int64, _ text: String) {
        #expect(HumanFigures.size(bytes) == text)
    }

    @Test(
        "has ages in docker's words",
        arguments: [
            (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"), (5399, "About an hour"),
            (5400, "2 hours"),
            (47 * 3600, "47 hours"), (48 * 3600, "2 days"), (14 * 86_400, "2 weeks"), (60 * 86_400, "2 months"),
            (730 * 86_400, "2 years"), (-5, "Less than a second"),
        ] as [(Int64, String)]
    )
    func ages(_ seconds: Int64, _ text: String) throws {
        let now = try #require(Timestamp(seconds: 1_800_000_000))
        let then = try #require(Timestamp(seconds: 1_800_000_000 - seconds))
        #expect(HumanFigures.age(of: then, at: now) == text + " ago")
        #expect(HumanFigures.dateAndTime(now) == "2027-01-15 08:00:00 +0000 UTC")
    }
}
