import Dockerfile
import Foundation
import Testing

@Suite("Docs/Dockerfile.md")
struct DocumentationTests {
    private static let text: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appending(path: "Docs/Dockerfile.md"), encoding: .utf8)) ?? ""
    }()

    @Test("has a line for each check", arguments: CheckRule.all.map(\.name))
    func check(_ name: String) {
        #expect(Self.text.contains("\n| `\(name)`"))
    }

    @Test(
        "has a line for each instruction and flag",
        arguments: [
            "FROM": ["platform"], "RUN": ["mount", "network", "security", "device"],
            "COPY": ["from", "chown", "chmod", "link", "exclude", "parents"],
            "ADD": ["chown", "chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"],
            "HEALTHCHECK": ["interval", "timeout", "start-period", "start-interval", "retries"],
            "ARG": [], "CMD": [], "ENTRYPOINT": [], "ENV": [], "EXPOSE": [], "LABEL": [], "MAINTAINER": [],
            "ONBUILD": [],
            "SHELL": [], "STOPSIGNAL": [], "USER": [], "VOLUME": [], "WORKDIR": [],
        ].sorted { $0.key < $1.key }
    )
    func instruction(_ keyword: String, _ flags: [String]) {
        let lines = Self.text.split(separator: "\n").filter { $0.hasPrefix("| `\(keyword) ") }
        #expect(!lines.isEmpty)
        for flag in flags { #expect(lines.contains { $0.contains("--\(flag)") }) }
    }
}
