import Bytes
import Dockerfile
import Testing

@Suite("Checks of FROM")
struct FromCheckTests {
    @Test(
        "UndefinedArgInFrom: a name that no ARG declares, in base and platform",
        arguments: [
            CheckCase("FROM --platform=$BULIDPLATFORM scratch", 1),
            CheckCase("ARG tag=1\nFROM busybox:${tag}${version} AS b", 2),
            CheckCase("FROM scratch\nARG late=scratch\nFROM ${late:-scratch}", 3),
            CheckCase("ARG base=scratch\nFROM $base"),
            CheckCase("FROM --platform=$BUILDPLATFORM scratch"),
            CheckCase("ARG DEBUG\nFROM scratch${DEBUG}\nFROM scra${DEBUG:-tch}"),
        ]
    )
    func undeclared(_ test: CheckCase) throws {
        #expect(try lines(of: "UndefinedArgInFrom", in: test.text) == test.lines)
    }

    @Test("UndefinedArgInFrom names what was probably meant")
    func suggestion() throws {
        let text = "ARG MY_ARCH=amd64\nFROM --platform=linux/${MYARCH} busybox"
        #expect(try details(of: "UndefinedArgInFrom", in: text).first?.contains("did you mean MY_ARCH?") == true)
    }

    @Test(
        "InvalidDefaultArgInFrom: no image without build arguments",
        arguments: [
            CheckCase("ARG VERSION\nFROM busybox:$VERSION", 2),
            CheckCase("ARG IMAGE\nFROM $IMAGE", 2),
            CheckCase("ARG SFX=\"box:\"\nFROM busy${SFX}", 2),
            CheckCase("ARG VERSION=\"1\"\nFROM busybox:${VERSION}"),
            CheckCase("ARG VARIANT\nFROM busybox:stable${VARIANT}"),
            CheckCase("ARG TAG\nFROM alpine:${TAG:-3.14}"),
        ]
    )
    func defaults(_ test: CheckCase) throws {
        var settings = CheckSettings()
        settings.buildArguments = ["VERSION": "1", "IMAGE": "busybox", "SFX": "box:1"]
        #expect(try lines(of: "InvalidDefaultArgInFrom", in: test.text, settings) == test.lines)
    }

    @Test(
        "RedundantTargetPlatform: nothing but $TARGETPLATFORM",
        arguments: [
            CheckCase("FROM --platform=$TARGETPLATFORM scratch\nFROM --platform=${TARGETPLATFORM} scratch", 1, 2),
            CheckCase("FROM --platform=linux/$TARGETARCH scratch\nFROM --platform=$BUILDPLATFORM scratch"),
            CheckCase("# check=skip=RedundantTargetPlatform\nFROM --platform=$TARGETPLATFORM scratch"),
        ]
    )
    func redundant(_ test: CheckCase) throws {
        #expect(try lines(of: "RedundantTargetPlatform", in: test.text) == test.lines)
    }

    @Test(
        "FromPlatformFlagConstDisallowed: a fixed platform that the stage's name does not tell",
        arguments: [
            CheckCase("FROM --platform=linux/amd64 scratch AS base", 1),
            CheckCase("FROM --platform=linux/amd64 scratch AS my_amd64\nFROM --platform=linux/amd64 scratch AS linux"),
            CheckCase("FROM --platform=$BUILDPLATFORM scratch\nFROM --platform=linux/$TARGETARCH scratch"),
        ]
    )
    func constant(_ test: CheckCase) throws {
        #expect(try lines(of: "FromPlatformFlagConstDisallowed", in: test.text) == test.lines)
    }

    @Test("InvalidBaseImagePlatform: the image has another platform")
    func platform() throws {
        var settings = CheckSettings()
        settings.environments = ["busybox": []]
        #expect(try lines(of: "InvalidBaseImagePlatform", in: "FROM busybox\nFROM scratch", settings) == [])
        settings.mismatch = ("linux/s390x", "linux/amd64")
        let text = "FROM busybox AS a\nFROM a\nFROM scratch"
        #expect(try lines(of: "InvalidBaseImagePlatform", in: text, settings) == [1])
    }

    @Test(
        "UnpinnedBaseImage: neither version nor digest, in FROM and --from",
        arguments: [
            CheckCase("FROM alpine\nFROM alpine:latest\nFROM localhost:5000/alpine", 1, 2, 3),
            CheckCase("ARG V=latest\nFROM alpine:$V\nCOPY --from=busybox /a /a\nRUN --mount=from=busybox b", 2, 3, 4),
            CheckCase("FROM alpine:3 AS a\nFROM alpine@sha256:ab AS b\nFROM scratch\nFROM a\nCOPY --from=b / /"),
            CheckCase("FROM scratch\nCOPY --from=0 / /\nFROM named"),
            CheckCase("FROM alpine:$UNKNOWN"),
        ]
    )
    func unpinned(_ test: CheckCase) throws {
        var settings = CheckSettings()
        settings.namedContexts = ["named"]
        #expect(try lines(of: "UnpinnedBaseImage", in: test.text, settings) == test.lines)
    }

    @Test(
        "UnusedStage: neither result, nor base, nor source, nor described as a target",
        arguments: [
            CheckCase("FROM a:1 AS lost\nFROM a:1\nFROM a:1", 1, 2),
            CheckCase("FROM a:1 AS b\nFROM a:1 AS c\nFROM a:1 AS d\nFROM b\nCOPY --from=c / /\nRUN --mount=from=d x"),
            CheckCase("FROM a:1\nFROM a:1\nCOPY --from=0 / /"),
            CheckCase("# test runs the tests\nFROM a:1 AS test\nFROM a:1"),
            CheckCase("FROM a:1 AS build_arm64\nFROM a:1 AS build_amd64\nFROM build_$TARGETARCH"),
            CheckCase("FROM a:1 AS tools\nFROM a:1 AS base\nONBUILD COPY --from=tools / /\nFROM base"),
        ]
    )
    func unused(_ test: CheckCase) throws {
        #expect(try lines(of: "UnusedStage", in: test.text) == test.lines)
    }

    @Test("UnusedStage does not fire at the target")
    func target() throws {
        var settings = CheckSettings()
        settings.target = "Dev"
        #expect(try lines(of: "UnusedStage", in: "FROM a:1 AS dev\nFROM a:1", settings) == [])
    }
}
