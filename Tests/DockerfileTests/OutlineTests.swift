import Bytes
import Dockerfile
import Testing

@Suite("Outline and targets")
struct OutlineTests {
    private static let arguments = """
        # syntax=docker/dockerfile:1
        ARG inherited=box
        ARG inherited2=box2
        ARG unused=abc${inherited2}
        # sfx is a suffix
        ARG sfx="usy${inherited}"

        FROM b${sfx} AS first
        # this is not assigned to anything
        ARG FOO=123
        # BAR is a number
        ARG BAR=456
        RUN true

        FROM alpine${unused} AS second
        ARG BAZ
        RUN true

        FROM scratch AS third
        ARG ABC=a
        # password stays out of the image
        # check=skip=all
        ARG password

        # target defines build target
        FROM third AS target
        COPY --from=first /etc/passwd /

        FROM second
        """

    private func outline(_ text: String, target: ByteString? = nil) throws -> DockerfileOutline {
        var settings = CheckSettings()
        settings.target = target
        settings.buildArguments = ["BAR": "678"]
        return try #require(DockerfileOutline(try checkRequest(text, settings)))
    }

    @Test("lists the arguments of the target and of what it stands on, by line")
    func arguments() throws {
        let outline = try outline(Self.arguments, target: "target")
        #expect(outline.name == "target")
        #expect(outline.description == "defines build target")
        #expect(outline.arguments.map(\.name) == ["inherited", "sfx", "FOO", "BAR", "ABC", "password"])
        #expect(outline.arguments.map(\.value) == ["box", "usybox", "123", "678", "a", nil])
        #expect(
            outline.arguments.map(\.description) == [
                nil, "is a suffix", nil, "is a number", nil, "stays out of the image",
            ]
        )
        #expect(outline.arguments.map(\.range.first) == [2, 6, 10, 12, 20, 23])
    }

    @Test("follows defaults that build on themselves")
    func recursive() throws {
        let text = """
            ARG FOO=123
            ARG ABC=abc
            ARG DEF=def
            ARG FOO=${FOO}${ABC}
            ARG BAZ=${FOO}456
            ARG FOO=${FOO}456${BAZ}
            FROM scratch
            ARG FOO
            ARG INFOO=123
            ARG INBAR=${INFOO}456
            ARG INFOO=${INFOO}456${INBAR}
            """
        let outline = try outline(text)
        #expect(outline.arguments.map(\.name) == ["ABC", "BAZ", "FOO", "INBAR", "INFOO"])
        #expect(outline.arguments.map(\.value) == ["abc", "123abc456", "123abc456123abc456", "123456", "123456123456"])
    }

    @Test("lists secrets, agents and caches with their ids expanded")
    func mounts() throws {
        let text = """
            FROM busybox AS first
            RUN --mount=type=secret,target=/etc/passwd,required=true --mount=type=ssh true
            FROM alpine AS second
            RUN --mount=type=secret,id=unused --mount=type=ssh,id=ssh2 true
            FROM scratch AS third
            ARG BAR
            RUN --mount=type=secret,id=second${BAR} --mount=type=cache,target=/c/ true
            FROM third AS target
            COPY --from=first /foo /
            RUN --mount=type=ssh,id=ssh3,required --mount=type=ssh,id=ssh3 true
            FROM second
            """
        let outline = try outline(text, target: "target")
        #expect(outline.secrets.map(\.name) == ["passwd", "second678"])
        #expect(outline.secrets.map(\.isRequired) == [true, false])
        #expect(outline.secrets.map(\.range.first) == [2, 7])
        #expect(outline.agents.map(\.name) == ["default", "ssh3"])
        #expect(outline.agents.map(\.isRequired) == [false, true])
        #expect(outline.caches.map(\.name) == ["/c"])
        #expect(outline.json["secrets"]?.array?.first?["required"] == true)
        #expect(outline.json["ssh"]?.array?.last?["name"] == "ssh3")
        #expect(outline.json["cache"]?.array?.first?["ID"] == "/c")
    }

    @Test("has the members of buildx, and tables for people")
    func forms() throws {
        let outline = try outline("# out is it\nFROM scratch AS out\n# V says which\nARG V=1\nARG W\n")
        #expect(
            outline.json == [
                "name": "out", "description": "is it",
                "args": [
                    [
                        "name": "V", "description": "says which", "value": "1",
                        "location": ["ranges": [["start": ["line": 4], "end": ["line": 4]]]],
                    ],
                    ["name": "W", "location": ["ranges": [["start": ["line": 5], "end": ["line": 5]]]]],
                ],
                "sources": [
                    "IyBvdXQgaXMgaXQKRlJPTSBzY3JhdGNoIEFTIG91dAojIFYgc2F5cyB3aGljaApBUkcgVj0xCkFSRyBXCg=="
                ],
            ]
        )
        #expect(
            outline.text == """
                TARGET:      out
                DESCRIPTION: is it

                BUILD ARG   VALUE   DESCRIPTION
                V           1       says which
                W                   \n\n
                """
        )
    }

    @Test("is of the last stage without a target, by number too, and of none for an unknown name")
    func targets() throws {
        #expect(try outline("FROM a AS b\nFROM c AS d").name == "d")
        #expect(try outline("FROM a AS b\nFROM c AS d", target: "0").name == "b")
        var settings = CheckSettings()
        settings.target = "x"
        #expect(DockerfileOutline(try checkRequest("FROM a", settings)) == nil)
    }

    @Test("targets are the stages with what their comments say")
    func list() throws {
        let text = """
            # build defines stage for compiling the binary
            FROM alpine AS build
            RUN true
            FROM --platform=$BUILDPLATFORM busybox as second
            FROM alpine
            # binary returns the compiled binary
            FROM second AS binary
            """
        let targets = DockerfileTargets(try parse(text))
        #expect(
            targets.text == """
                TARGET           DESCRIPTION
                build            defines stage for compiling the binary
                second           \n                 \nbinary (default) returns the compiled binary\n
                """
        )
        let list = try #require(targets.json["targets"]?.array)
        #expect(list.map { $0["name"] } == ["build", "second", nil, "binary"])
        #expect(list.map { $0["base"] } == ["alpine", "busybox", "alpine", "second"])
        #expect(list.map { $0["default"] } == [nil, nil, nil, true])
        #expect(list[1]["platform"] == "$BUILDPLATFORM")
        #expect(list[0]["description"] == "defines stage for compiling the binary")
        #expect(list[3]["location"] == ["ranges": [["start": ["line": 7], "end": ["line": 7]]]])
        #expect(targets.json["sources"]?.array?.count == 1)
    }
}
