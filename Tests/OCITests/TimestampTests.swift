import Bytes
import OCI
import Testing

@Suite("Timestamps")
struct TimestampTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        let text: ByteString
        let seconds: Int64
        var nanoseconds: Int32 = 0
        var normal: ByteString?
        var testDescription: String { text.text }
    }

    @Test(
        "are read and written as RFC 3339 has them",
        arguments: [
            Reading(text: "1970-01-01T00:00:00Z", seconds: 0),
            Reading(text: "2026-01-02T03:04:05Z", seconds: 1_767_323_045),
            Reading(text: "2000-02-29T23:59:59.5Z", seconds: 951_868_799, nanoseconds: 500_000_000),
            Reading(text: "2026-11-24T01:51:13.013221163Z", seconds: 1_795_485_073, nanoseconds: 13_221_163),
            Reading(text: "2026-11-24T01:51:13.000000001Z", seconds: 1_795_485_073, nanoseconds: 1),
            Reading(text: "1969-12-31T23:59:59.25Z", seconds: -1, nanoseconds: 250_000_000),
            Reading(text: "0001-01-01T00:00:00Z", seconds: -62_135_596_800),
            Reading(text: "0000-01-01T00:00:00Z", seconds: -62_167_219_200),
            Reading(text: "0000-02-29T00:00:00Z", seconds: -62_162_121_600),
            Reading(text: "9999-12-31T23:59:59Z", seconds: 253_402_300_799),
            Reading(text: "1970-01-01T01:30:00+01:30", seconds: 0, normal: "1970-01-01T00:00:00Z"),
            Reading(text: "1969-12-31T16:00:00-08:00", seconds: 0, normal: "1970-01-01T00:00:00Z"),
            Reading(
                text: "1970-01-01t00:00:00.1234567899z",
                seconds: 0,
                nanoseconds: 123_456_789,
                normal: "1970-01-01T00:00:00.123456789Z"
            ),
        ]
    )
    func roundTrips(_ reading: Reading) throws {
        let timestamp = try Timestamp(reading.text)
        #expect(timestamp.seconds == reading.seconds)
        #expect(timestamp.nanoseconds == reading.nanoseconds)
        #expect(timestamp.text == reading.normal ?? reading.text)
    }

    @Test("keep every day of 800 years apart, in order")
    func everyDayRoundTrips() throws {
        let days = stride(from: Int64(-146_097), through: 146_097, by: 1)
        let timestamps = days.compactMap { Timestamp(seconds: $0 * 86_400 + 12_345) }
        let texts = timestamps.map(\.text)
        #expect(texts.count == 292_195)
        #expect(try texts.map { try Timestamp($0) } == timestamps)
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(
        "that are no moment are refused",
        arguments: [
            "", "2026-01-02", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Zx", "2026-1-01T00:00:00Z", "+026-01-01T00:00:00Z", "0000-01-01T00:00:00+00:01",
        ] as [ByteString]
    )
    func refuses(_ text: ByteString) {
        #expect(throws: OCIError.malformedTimestamp(text)) { try Timestamp(text) }
    }

    @Test("do not exist outside the years that have four digits")
    func boundsYears() {
        #expect(Timestamp(seconds: 253_402_300_800) == nil)
        #expect(Timestamp(seconds: -62_167_219_201) == nil)
        #expect(Timestamp(seconds: 0, nanoseconds: 1_000_000_000) == nil)
        #expect(Timestamp(seconds: 0, nanoseconds: -1) == nil)
    }
}
