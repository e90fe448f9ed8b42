import BuildEngine
import Reports
import Testing

@Suite("Sections of names and values")
struct SectionTextTests {
    @Test("have all values in one column")
    func columns() {
        let sections = [
            HostReport.Section(title: "A", rows: [.init(name: "x", value: "1")]),
            HostReport.Section(
                title: "B",
                rows: [.init(name: "long", value: "2"), .init(name: "é", value: "3\u{1B}[2J")]
            ),
        ]
        #expect(SectionText(sections: sections).text == "A\n  x     1\n\nB\n  long  2\n  é     3\n")
    }
}
