import Bytes
import Testing

@testable import Commands

@Suite("The words of a command line")
struct CommandWordsTests {
    struct Line: Sendable, CustomTestStringConvertible {
        var words: String
        var normalized: String
        var testDescription: String { words }
    }

    private func words(_ text: String) -> [ByteString] { text.split(separator: " ").map { ByteString($0) } }

    @Test(
        "mean to this program what they mean to docker",
        arguments: [
            Line(words: ".", normalized: "build -- ."),
            Line(words: "build .", normalized: "build -- ."),
            Line(words: "build build", normalized: "build -- build"),
            Line(words: "-t a build", normalized: "build --tag a -- build"),
            Line(words: "-t=a .", normalized: "build --tag a -- ."),
            Line(words: "-ta .", normalized: "build --tag a -- ."),
            Line(words: "-qt a .", normalized: "build --quiet --tag a -- ."),
            Line(words: "-qf- .", normalized: "build --quiet --file - -- ."),
            Line(words: ". -f -", normalized: "build --file - -- ."),
            Line(words: "--tag=a=b .", normalized: "build --tag a=b -- ."),
            Line(words: "--build-arg --x .", normalized: "build --build-arg --x -- ."),
            Line(words: "--no-cache=true .", normalized: "build --no-cache -- ."),
            Line(words: "--no-cache=false .", normalized: "build -- ."),
            Line(words: "-q=0 .", normalized: "build -- ."),
            Line(words: "-- -x", normalized: "build -- -x"),
            Line(words: "-", normalized: "build -- -"),
            Line(words: "--provenance=false --push=false --call=build .", normalized: "build --call build -- ."),
            Line(words: "--check .", normalized: "build --check -- ."),
            Line(words: "--call=check,format=json .", normalized: "build --call check,format=json -- ."),
            Line(words: "check --format=json -f x .", normalized: "check --format json --file x -- ."),
            Line(words: "build check", normalized: "build -- check"),
            Line(words: "dockerfile parse - --format json", normalized: "dockerfile parse - --format json"),
            Line(words: "info", normalized: "info"),
            Line(words: "version", normalized: "version"),
            Line(words: "layers app:1 --files 3", normalized: "layers app:1 --files 3"),
            Line(words: "diff a b --format=json", normalized: "diff a b --format=json"),
            Line(words: "--version", normalized: "--version"),
            Line(words: "-h", normalized: "-h"),
            Line(words: "build -h", normalized: "build --help"),
            Line(words: ". --help", normalized: "build --help -- ."),
        ]
    )
    func normalized(_ line: Line) throws {
        #expect(try CommandWords(words(line.words)).normalized == words(line.normalized))
    }

    @Test(
        "are refused with the reason when they cannot be understood",
        arguments: zip(
            [
                "--taget x .", "check --fromat x .", "--format x .", "--nonsense .", "-x .", "-t", "--label",
                "--quiet=maybe .", "-qz .",
            ],
            [
                UsageError.unknownFlag("--taget", nearest: "--target"), .unknownFlag("--fromat", nearest: "--format"),
                .unknownFlag("--format", nearest: nil), .unknownFlag("--nonsense", nearest: nil),
                .unknownFlag("-x", nearest: nil), .missingValue(flag: "-t"), .missingValue(flag: "--label"),
                .unexpectedValue(flag: "--quiet", "maybe"), .unknownFlag("-z", nearest: nil),
            ]
        )
    )
    func refused(_ line: String, _ error: UsageError) {
        #expect(throws: error) { try CommandWords(words(line)) }
    }

    /// The flags that `docker buildx build --help` (0.29) and `docker build --help` (20.10) list and we lack.
    static let lacking = [
        "--attest x", "--builder x", "--cache-from x", "--cache-to x",
        "--cgroup-parent x", "--debug", "-D", "--no-cache-filter x", "--policy x",
        "--provenance=true", "--provenance mode=max", "--resource x", "--sbom=true",
        "--shm-size 1g", "--ulimit x", "--compress", "--cpu-period 1",
        "--cpu-quota 1", "--cpu-shares 1", "-c 1", "--cpuset-cpus 0", "--cpuset-mems 0", "--disable-content-trust",
        "--force-rm", "--isolation hyperv", "--memory 1g", "-m 1g", "-m1g", "--memory-swap 1", "--rm", "--rm=false",
        "--rm=true", "--security-opt x", "--squash", "--stream",
    ]

    @Test("that are docker's flags but not supported are refused by their name", arguments: lacking)
    func lackingFlag(_ flag: String) throws {
        let name = flag.hasPrefix("--") ? flag.prefix { $0 != " " && $0 != "=" } : flag.prefix(2)
        let error = try #require(throws: UsageError.self) { try CommandWords(words(flag + " .")) }
        #expect(error.message == "\(name) is not supported yet")
    }

    @Test("every flag has a name of its own, and a letter of its own if it has one")
    func unique() {
        let names = DockerFlag.all.map(\.name)
        let letters = DockerFlag.all.compactMap(\.letter)
        #expect(Set(names).count == names.count)
        #expect(Set(letters).count == letters.count)
    }

    @Test("every flag that is said to be supported is one that the build command takes")
    func supportedFlagsExist() throws {
        for flag in DockerFlag.all where flag.isSupported && flag.name != "--help" {
            let value: [ByteString] = flag.kind == .valued ? ["x"] : []
            let words = [ByteString(flag.name)] + value + ["."]
            #expect(throws: Never.self, "\(flag.name)") { try Program.command(for: words) }
        }
    }

    @Test(
        "survive the parser's strings whatever bytes they have",
        arguments: [
            "plain", "ü漢", "",
            ByteString([0x61, 0xE9, 0x62]), ByteString([0xFF, 0xFE]), ByteString([0xE2, 0x82]),
            ByteString("\u{10FFE9}x"), ByteString("e\u{301}"), ByteString("\r\n"),
        ] as [ByteString]
    )
    func losslessText(_ bytes: ByteString) {
        #expect(ArgumentText.bytes(ArgumentText.string(bytes)) == bytes)
    }
}
