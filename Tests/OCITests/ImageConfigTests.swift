import Bytes
import OCI
import Testing

@Suite("Image configs")
struct ImageConfigTests {
    private static let diffID = "sha256:" + String(repeating: "1", count: 64)

    private func read(_ text: String) throws -> ImageConfig {
        try Document<ImageConfig>(bytes: Array(text.utf8)).content
    }

    private func write(_ config: ImageConfig) -> String { String(decoding: Document(config).bytes, as: UTF8.self) }

    /// A document with every member there is, in the order in which we write them.
    private static let whole = #"""
        {"created":"2026-01-02T03:04:05.25Z","author":"me \u003cme@example\u003e","architecture":"arm",
        "os":"linux","os.version":"1","os.features":["f"],"variant":"v7",
        "config":{"User":"1000:50","ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["PATH=/bin","é=ü"],
        "Entrypoint":["/entry"],"Cmd":["a","b c"],"Volumes":{"/data":{}},"WorkingDir":"/srv",
        "Labels":{"a":"","b":"x\u0026y"},"StopSignal":"SIGINT","ArgsEscaped":true,
        "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":1500000000,"Timeout":2,"StartPeriod":3,
        "StartInterval":4,"Retries":5,"Extra":[1.0]},"OnBuild":["RUN x"],"Shell":["/bin/bash","-c"],
        "Hostname":"h","AttachStdin":false},
        "rootfs":{"type":"layers","diff_ids":["\#(diffID)"]},
        "history":[{"created":"2026-01-02T03:04:05Z","created_by":"RUN x","author":"me","comment":"c"},
        {"created_by":"ENV a=b","empty_layer":true,"unknown":null}],
        "docker_version":"1","big":12345678901234567890.10}
        """#.split(separator: "\n").joined()

    @Test("say the same after reading and writing, members that nobody knows included")
    func roundTrips() throws {
        let config = try read(Self.whole)
        #expect(write(config) == Self.whole)
        #expect(try read(write(config)) == config)
    }

    @Test("are read member by member")
    func readsMembers() throws {
        let image = try read(Self.whole)
        #expect(image.created == (try Timestamp("2026-01-02T03:04:05.25Z")))
        #expect(image.author == "me <me@example>")
        #expect(
            image.platform
                == Platform(os: "linux", architecture: "arm", variant: "v7", osVersion: "1", osFeatures: ["f"])
        )
        #expect(image.diffIDs == [try Digest(Self.diffID)])
        #expect(image.history.map(\.createdBy) == ["RUN x", "ENV a=b"])
        #expect(image.history.map(\.isEmptyLayer) == [false, true])
        let config = image.config
        #expect(config.user == "1000:50")
        #expect(config.exposedPorts == ["80/tcp", "443/tcp"])
        #expect(config.env == ["PATH=/bin", "é=ü"])
        #expect(config.entrypoint == ["/entry"])
        #expect(config.cmd == ["a", "b c"])
        #expect(config.volumes == ["/data"])
        #expect(config.workingDir == "/srv")
        #expect(config.labels == ["a": "", "b": "x&y"])
        #expect(config.stopSignal == "SIGINT")
        #expect(config.argsEscaped)
        #expect(config.healthcheck?.interval == .milliseconds(1500))
        #expect(config.healthcheck?.startInterval == .nanoseconds(4))
        #expect(config.healthcheck?.retries == 5)
        #expect(config.onBuild == ["RUN x"])
        #expect(config.shell == ["/bin/bash", "-c"])
    }

    @Test("sort maps by the bytes of their names, however they were filled")
    func sortsMaps() {
        var image = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        image.config.labels = ["b": "1", "B": "2", "é": "3", "a": "4", "ab": "5"]
        image.config.volumes = ["/b", "/a"]
        #expect(
            write(image)
                == #"{"architecture":"amd64","os":"linux","config":{"Volumes":{"/a":{},"/b":{}},"#
                + #""Labels":{"B":"2","a":"4","ab":"5","b":"1","é":"3"}},"rootfs":{"type":"layers","diff_ids":[]}}"#
        )
    }

    @Test(
        "may lack members or have null for them",
        arguments: [
            "{}", #"{"config":null,"rootfs":null,"history":null,"created":null,"author":null,"os":null}"#,
            #"{"config":{"Env":null,"Cmd":null,"Labels":null,"ExposedPorts":null,"Healthcheck":null,"User":null}}"#,
            #"{"rootfs":{"type":"layers","diff_ids":null}}"#,
        ]
    )
    func toleratesAbsence(_ text: String) throws {
        let image = try read(text)
        #expect(image == ImageConfig(platform: Platform(os: "", architecture: "")))
        #expect(image.config.cmd == nil)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let text: String
        let error: OCIError
        var testDescription: String { text }
    }

    @Test(
        "that are malformed are refused with the member's place",
        arguments: [
            Refusal(text: "[]", error: .malformedField("document", expected: "an object")),
            Refusal(text: #"{"os":1}"#, error: .malformedField("os", expected: "a string")),
            Refusal(text: #"{"config":[]}"#, error: .malformedField("config", expected: "an object")),
            Refusal(
                text: #"{"config":{"Env":["A=1",2]}}"#,
                error: .malformedField("config.Env[1]", expected: "a string")
            ),
            Refusal(text: #"{"config":{"Cmd":"sh"}}"#, error: .malformedField("config.Cmd", expected: "an array")),
            Refusal(
                text: #"{"config":{"Labels":{"a":1}}}"#,
                error: .malformedField("config.Labels.a", expected: "a string")
            ),
            Refusal(
                text: #"{"config":{"Volumes":{"/a":1}}}"#,
                error: .malformedField("config.Volumes./a", expected: "an object")
            ),
            Refusal(
                text: #"{"config":{"Healthcheck":{"Retries":1.5}}}"#,
                error: .malformedField("config.Healthcheck.Retries", expected: "a whole number")
            ),
            Refusal(
                text: #"{"rootfs":{"type":"layers","diff_ids":["sha256:x"]}}"#,
                error: .malformedField("rootfs.diff_ids[0]", expected: "a digest")
            ),
            Refusal(
                text: #"{"rootfs":{"type":"files"}}"#,
                error: .malformedField("rootfs.type", expected: "`layers`")
            ),
            Refusal(
                text: #"{"history":[{},{"empty_layer":"yes"}]}"#,
                error: .malformedField("history[1].empty_layer", expected: "true or false")
            ),
            Refusal(
                text: #"{"created":"yesterday"}"#,
                error: .malformedField("created", expected: "a time as RFC 3339 writes it")
            ),
            Refusal(
                text: #"{"a":1,"a":2}"#,
                error: .malformedJSON(JSONError(problem: .duplicateName("a"), offset: 7))
            ),
        ]
    )
    func refuses(_ refusal: Refusal) {
        #expect(throws: refusal.error) { try read(refusal.text) }
    }

    @Test("keep bytes that are not text until they are written, which JSON cannot do")
    func replacesOtherEncodings() {
        var image = ImageConfig(platform: .host)
        image.config.env = [ByteString([0x41, 0x3D, 0xFF])]
        #expect(write(image).contains(#""Env":["A=\ufffd"]"#))
    }

    @Test("write a health check's time beyond the range of nanoseconds as the longest there is")
    func clampsDurations() {
        var image = ImageConfig(platform: .host)
        image.config.healthcheck = Healthcheck(test: [], interval: .seconds(Int64.max), timeout: .seconds(-Int64.max))
        #expect(write(image).contains(#""Interval":\#(Int64.max),"Timeout":\#(Int64.min)"#))
    }

    @Test("know whether their history tells of their layers")
    func checksHistory() throws {
        var image = try read(Self.whole)
        #expect(throws: Never.self) { try image.checkHistory() }
        image.history.append(HistoryEntry(createdBy: "COPY"))
        #expect(throws: OCIError.historyDoesNotMatchLayers(history: 2, diffIDs: 1)) { try image.checkHistory() }
        image.history = []
        #expect(throws: Never.self) { try image.checkHistory() }
    }

    @Test("with ten thousand labels and history entries are read and written whole")
    func largeConfig() throws {
        var image = ImageConfig(platform: .host)
        for index in 0..<10_000 {
            image.config.labels[ByteString("label.number.\(index)")] = ByteString("value \(index)")
            image.history.append(
                HistoryEntry(created: .epoch, createdBy: ByteString("LABEL \(index)"), isEmptyLayer: true)
            )
        }
        let document = Document(image)
        let copy = try Document<ImageConfig>(bytes: document.bytes)
        #expect(copy.content == image)
        #expect(copy.digest == document.digest)
    }
}
