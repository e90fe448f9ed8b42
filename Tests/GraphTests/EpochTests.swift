import Bytes
import Dockerfile
import Graph
import OCI
import TestSupport
import Testing

@Suite("SOURCE_DATE_EPOCH")
struct EpochTests {
    private func epoch(_ text: ByteString, _ value: ByteString?) async throws -> (seconds: Int64?, label: ByteString?) {
        let result = try await lower(text + "\nARG SOURCE_DATE_EPOCH\nLABEL l=${SOURCE_DATE_EPOCH-none}") { request in
            request.buildArguments["SOURCE_DATE_EPOCH"] = value
            request.namedContexts = ["src"]
        }
        return (result.epoch, result.config.config.labels["l"])
    }

    @Test("a number is taken from the build argument or the ARG before the first FROM, and handed on as a number")
    func numbers() async throws {
        #expect(try await epoch("FROM scratch", "0123") == (123, "123"))
        #expect(try await epoch("FROM scratch", "-5") == (-5, "-5"))
        #expect(try await epoch("ARG SOURCE_DATE_EPOCH=7\nFROM scratch", nil) == (7, "7"))
        #expect(try await epoch("ARG SOURCE_DATE_EPOCH=7\nFROM scratch", "8") == (8, "8"))
        #expect(try await epoch("FROM scratch\nARG SOURCE_DATE_EPOCH=7", nil) == (nil, "7"))
        #expect(try await epoch("FROM scratch", nil) == (nil, "none"))
    }

    @Test("an empty value, and what has no time of its own, counts as not given", arguments: ["", "context", "src"])
    func timeless(_ value: String) async throws {
        #expect(try await epoch("FROM scratch", ByteString(value)) == (nil, "none"))
        #expect(try await epoch("ARG SOURCE_DATE_EPOCH=7\nFROM scratch", ByteString(value)) == (nil, "none"))
    }

    @Test("another word is refused; a stage's time is not there yet and says so")
    func refusals() async throws {
        let error = await #expect(throws: GraphError.self) { try await epoch("FROM scratch", "yesterday") }
        #expect(error?.reason == .malformedEpoch("yesterday"))
        let stage = await #expect(throws: GraphError.self) {
            try await epoch("FROM scratch AS Time\nFROM scratch", "time")
        }
        #expect(stage?.message.contains("not supported yet") == true)
    }
}
