import Bytes
import LoopbackRegistry
import OCI
import Registry
import Testing

@Suite("Faults in any order")
struct RandomFaultTests {
    /// SplitMix64: the same faults for the same seed, on every machine.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    static let image = TestImage(layers: [TestImage.bytes(200_000), TestImage.bytes(1000, seed: 2)])

    private static func action(_ numbers: inout Numbers) -> Fault.Action {
        let count = Int.random(in: 0...250_000, using: &numbers)
        let statuses = [200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 408, 416, 429, 500, 501, 502, 503, 504, 599]
        switch Int.random(in: 0..<13, using: &numbers) {
        case 0: return .cutBeforeAnswer
        case 1, 2: return .cutBody(at: count)
        case 3: return .cutBody(at: count % 300)
        case 4: return .status(statuses[count % statuses.count], body: "x")
        case 5: return .body { Array($0.prefix(count)) }
        case 6: return .body { $0.enumerated().map { $0.offset == count % 1000 ? $0.element ^ 1 : $0.element } }
        case 7: return .body { $0 + [UInt8](repeating: 0, count: count % 5) }
        case 8: return .headers([("Content-Range", "bytes \(count)-\(count + 5)/200000")])
        case 9: return .headers([("Content-Type", nil), ("Location", nil), ("Content-Length", nil)])
        case 10: return .ignoreRange
        case 11: return .cutUpload(after: count)
        default: return .redirect(to: count % 2 == 0 ? "?again" : "../manifests/latest", status: 301 + count % 8)
        }
    }

    private func addFaults(_ seed: UInt64, to registry: LoopbackRegistry) {
        var numbers = Numbers(state: seed)
        let methods: [String?] = [nil, "GET", "GET", "HEAD", "POST", "PUT", "PATCH"]
        let paths = ["", "/manifests/", "/blobs/", "/blobs/sha256", "/uploads/"]
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
            let method = methods.randomElement(using: &numbers) ?? nil
            let path = paths.randomElement(using: &numbers) ?? ""
            let times = Int.random(in: 1...3, using: &numbers)
            registry.add(Fault(RandomFaultTests.action(&numbers), method: method, path: path, times: times))
        }
    }

    @Test("a pull gives the right bytes or an error that names the registry, never other bytes")
    func pull() async throws {
        let image = RandomFaultTests.image
        var (wrong, right): ([UInt64], Int) = ([], 0)
        for seed in UInt64(0)..<120 {
            try await withRegistry { registry in
                image.put(into: registry, "team/app")
                addFaults(seed, to: registry)
                let name = try Reference("\(registry.host)/team/app@\(image.manifest.digest)")
                let error = await registryError {
                    try await withClient({ $0.limits.idleTimeout = .milliseconds(300) }) { client in
                        let found = try await client.resolve(name, platform: .host)
                        for (layer, bytes) in zip(found.manifest.content.layers, image.layers) {
                            let sink = Recorder()
                            try await client.fetch(layer, of: found.location, into: sink)
                            if sink.bytes != bytes { wrong.append(seed) }
                        }
                        if found.topBytes != image.manifest.bytes { wrong.append(seed) }
                        right += 1
                    }
                }
                if let error, !error.message.contains(registry.host) { wrong.append(seed) }
            }
        }
        #expect(wrong.isEmpty)
        // Most of it passes: else nothing but the errors would be tested.
        #expect(right > 40)
    }

    @Test("a push that reports success has left the whole image, one that does not has left no tag")
    func push() async throws {
        let image = RandomFaultTests.image
        var (wrong, right): ([UInt64], Int) = ([], 0)
        for seed in UInt64(1000)..<1100 {
            try await withRegistry { registry in
                addFaults(seed, to: registry)
                let name = try Reference("\(registry.host)/team/app:1")
                let error = await registryError {
                    try await withClient({ settings in
                        settings.limits.idleTimeout = .milliseconds(300)
                        settings.limits.chunkSize = 60_000
                    }) { _ = try await $0.push(image.pushed, to: name) }
                    right += 1
                }
                let tag = registry.manifest("1", in: "team/app")
                let blobs = image.layers + [image.config.bytes]
                let isWhole = blobs.allSatisfy { registry.blob(Digest(of: $0), in: "team/app") == $0 }
                // A registry that says yes to what it did not do cannot be seen through.
                if error == nil, registry.hasLied { return }
                if error == nil, tag != image.manifest.bytes || !isWhole { wrong.append(seed) }
                if tag != nil, !isWhole { wrong.append(seed) }
                if let error, !error.message.contains(registry.host) { wrong.append(seed) }
            }
        }
        #expect(wrong.isEmpty)
        #expect(right > 30)
    }
}
