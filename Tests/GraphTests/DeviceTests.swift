import Bytes
import Dockerfile
import Graph
import TestSupport
import Testing

@Suite("Devices of RUN, lowered")
struct DeviceTests {
    private static func device(_ name: ByteString, _ change: (inout Device) -> Void = { _ in }) -> Device {
        var device = Device(name: name)
        change(&device)
        return device
    }

    private static let registry = DeviceRegistry(devices: [
        device("v.com/gpu=1"), device("v.com/gpu=0"), device("v.com/other=0") { $0.group = "all" },
        device("w.com/free=0") {
            $0.isAlwaysAllowed = true; $0.group = "all"
        },
        device("w.com/hook=0") { $0.lacking = ["hooks"] },
    ])

    private func lowered(
        _ flags: ByteString,
        _ change: @escaping (inout DeviceAccess) -> Void = { $0.allowsAll = true }
    ) async throws -> (names: [ByteString], warnings: [String]) {
        let result = try await lower("FROM scratch\nRUN " + flags + " x") { request in
            request.devices.registry = { Self.registry }
            change(&request.devices)
        }
        return (result.runs[0].devices.map(\.name), result.warnings.map(\.text))
    }

    private func refusal(
        _ flags: ByteString,
        _ change: @escaping (inout DeviceAccess) -> Void
    ) async throws -> GraphError.Reason? {
        let error = await #expect(throws: GraphError.self) { try await lowered(flags, change) }
        #expect(error?.range?.first == 2)
        return error?.reason
    }

    @Test(
        "a device is known by its name, its class, all of its class, or its group",
        arguments: [
            ("v.com/gpu=1", ["v.com/gpu=1"]), ("v.com/gpu", ["v.com/gpu=0"]),
            ("v.com/gpu=*", ["v.com/gpu=0", "v.com/gpu=1"]),
            ("all", ["v.com/other=0", "w.com/free=0"]), ("v.com/gpu=2", []), ("v.com", []), ("gpu", []), ("0", []),
        ] as [(ByteString, [ByteString])]
    )
    func names(_ name: ByteString, _ found: [ByteString]) async throws {
        let result = try await lowered("--device=" + name)
        #expect(result.names == found)
        #expect(result.warnings.count == (found.isEmpty ? 1 : 0))
    }

    @Test("each is there once, in the order in which they are asked for")
    func order() async throws {
        #expect(try await lowered("--device=v.com/gpu=1 --device=v.com/gpu=*").names == ["v.com/gpu=1", "v.com/gpu=0"])
    }

    @Test("one that is not there is an error where it is required, else a warning with its name")
    func unknown() async throws {
        let result = try await lowered("--device=v.com/none=0") { _ in }
        #expect(result.names == [])
        #expect(result.warnings.count == 1 && result.warnings[0].contains("v.com/none=0"))
        #expect(try await refusal("--device=v.com/none=0,required") { _ in } == .unknownDevice("v.com/none=0"))
    }

    @Test("one needs a permission: for all, for itself, for its class, under another name, or by its specification")
    func permissions() async throws {
        let both: [ByteString] = ["v.com/gpu=0", "v.com/gpu=1"]
        #expect(try await refusal("--device=v.com/gpu=*") { _ in } == .devicesNotAllowed(both))
        #expect(
            try await refusal("--device=v.com/gpu=*") { $0.allowed = ["v.com/gpu=0"] }
                == .devicesNotAllowed(["v.com/gpu=1"])
        )
        #expect(try await lowered("--device=v.com/gpu=0") { $0.allowed = ["v.com/gpu=0"] }.names == ["v.com/gpu=0"])
        #expect(try await lowered("--device=v.com/gpu=*") { $0.allowed = ["v.com/gpu=*"] }.names == both)
        #expect(try await lowered("--device=mine") { $0.aliases = ["mine": "v.com/gpu=1"] }.names == ["v.com/gpu=1"])
        #expect(try await lowered("--device=w.com/free") { _ in }.names == ["w.com/free=0"])
    }

    @Test("what cannot be given, or may be in a specification that was not read, is refused")
    func refused() async throws {
        #expect(
            try await refusal("--device=w.com/hook") { $0.allowsAll = true } == .deviceLacks("w.com/hook=0", "hooks")
        )
        let unread: @Sendable () -> DeviceRegistry = { DeviceRegistry(devices: [], unread: ["/x.yaml is in YAML"]) }
        #expect(
            try await refusal("--device=a/b=c") { $0.registry = unread }
                == .unreadDevices("a/b=c", "/x.yaml is in YAML")
        )
    }

    @Test("a build that asks for no device looks for none")
    func notAsked() async throws {
        _ = try await lower("FROM scratch\nRUN x") { request in
            request.devices.registry = {
                Issue.record("asked")
                return DeviceRegistry()
            }
        }
    }
}
