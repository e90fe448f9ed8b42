import Bytes
import OCI
import Testing

@testable import Export

@Suite("Documents of an image")
struct ImageDocumentsTests {
    /// A history and the times that its entries must have: `L` an entry with a layer, `-` one without.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        /// The base's entries, with their times.
        var base: [(kind: Character, created: Int64?)] = []
        /// How many layers the base has.
        var baseLayers = 0
        /// Entries of this build.
        var own = ""
        var layerTimes: [Int64?] = []
        var epoch: Int64?
        /// The times of all entries.
        let expected: [Int64?]
        /// The time of the image.
        let created: Int64?
    }

    static let cases = [
        Case(testDescription: "nothing at all", expected: [], created: nil),
        Case(testDescription: "a layer has its own time", own: "L", layerTimes: [5], expected: [5], created: 5),
        Case(
            testDescription: "an entry without a layer has the time of the layer before it",
            own: "L-L--",
            layerTimes: [5, 9],
            expected: [5, 5, 9, 9, 9],
            created: 9
        ),
        Case(
            testDescription: "entries before the first layer have its time",
            own: "--L-",
            layerTimes: [5],
            expected: [5, 5, 5, 5],
            created: 5
        ),
        Case(
            testDescription:
                "times do not go back where an older result follows a newer one",
            own: "L-L-",
            layerTimes: [9, 5],
            expected: [9, 9, 9, 9],
            created: 9
        ),
        Case(
            testDescription: "the base's entries keep theirs",
            base: [("L", 1), ("-", 2), ("L", 3)],
            baseLayers: 2,
            own: "-L",
            layerTimes: [8],
            expected: [1, 2, 3, 8, 8],
            created: 8
        ),
        Case(
            testDescription: "without a new layer nothing is newer than the base",
            base: [("L", 1), ("-", 3)],
            baseLayers: 1,
            own: "--",
            expected: [1, 3, 3, 3],
            created: 3
        ),
        Case(
            testDescription: "a base without a history does not shift the times of what follows",
            baseLayers: 3,
            own: "L-L",
            layerTimes: [4, 6],
            expected: [4, 4, 6],
            created: 6
        ),
        Case(
            testDescription: "a base whose history tells of more layers than it has does not either",
            base: [("L", 1), ("L", 1), ("L", 1)],
            baseLayers: 1,
            own: "L",
            layerTimes: [4],
            expected: [1, 1, 1, 4],
            created: 4
        ),
        Case(
            testDescription: "an epoch is the time of all that this build made",
            base: [("L", 1)],
            baseLayers: 1,
            own: "-L-",
            layerTimes: [8],
            epoch: 3,
            expected: [1, 3, 3, 3],
            created: 3
        ),
        Case(
            testDescription: "a layer whose time is not known has that of the one before",
            own: "LLL",
            layerTimes: [4, nil, 6],
            expected: [4, 4, 6],
            created: 6
        ),
    ]

    @Test("the history's times", arguments: cases)
    func times(_ expected: Case) throws {
        let scratch = try Scratch()
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.history =
            expected.base.map { HistoryEntry(created: $0.created.map(moment), isEmptyLayer: $0.kind == "-") }
            + expected.own.map { HistoryEntry(isEmptyLayer: $0 == "-") }
        let count = expected.baseLayers + expected.layerTimes.count
        let layers = (0..<count).map { ReadyLayer([UInt8($0)], in: scratch) }
        let image = ImageDocuments(
            config: config,
            layers: layers,
            layerTimes: expected.layerTimes.map { $0.map(moment) },
            epoch: expected.epoch.map(moment)
        )
        #expect(image.config.content.history.map(\.created) == expected.expected.map { $0.map(moment) })
        #expect(image.config.content.created == expected.created.map(moment))
        #expect(image.config.content.diffIDs == layers.map(\.diffID))
    }

    @Test("the manifest names the config and the layers, in order, each with its type and size")
    func manifest() throws {
        let scratch = try Scratch()
        let layers = [
            ReadyLayer([1, 2, 3], in: scratch), ReadyLayer([4], in: scratch), ReadyLayer([1, 2, 3], in: scratch),
        ]
        let documents = image(layers)
        let manifest = documents.manifest.content
        #expect(manifest.mediaType == .ociManifest)
        #expect(manifest.layers == layers.map(\.descriptor))
        #expect(manifest.config == documents.config.descriptor)
        #expect(manifest.config.mediaType == .ociConfig)
        #expect(manifest.config.digest == Digest(of: documents.config.bytes))
        #expect(try Document<Manifest>(bytes: documents.manifest.bytes).content == manifest)
    }

    @Test("what a base's config came as, Docker's type or unknown members, ends in an OCI config that keeps them")
    func otherConfigs() throws {
        let text = #"{"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"x-own":{"a":[1]}}"#
        let base = try Document<ImageConfig>(bytes: Array(text.utf8), declared: .dockerConfig).content
        let image = ImageDocuments(config: base, layers: [], layerTimes: [], epoch: nil)
        #expect(image.config.content.mediaType == .ociConfig)
        #expect(String(decoding: image.config.bytes, as: UTF8.self).contains(#""x-own":{"a":[1]}"#))
    }

    @Test("the same facts are the same bytes")
    func deterministic() throws {
        let scratch = try Scratch()
        let layers = [ReadyLayer([1], in: scratch), ReadyLayer([2], in: scratch)]
        #expect(image(layers).manifest == image(layers).manifest)
        #expect(image(layers).manifest.digest != image(layers, label: "other").manifest.digest)
    }
}
