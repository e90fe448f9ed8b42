import Bytes
import Glibc
import Layers
import Linux
import OCI
import Testing
import Trees

/// Layers that are unpacked while their blobs are still being written.
@Suite(.enabled(if: isRoot, "writes owners"))
struct FileGrowthTests {
    private struct Cut: Error, Equatable {}

    /// A tar of some hundred files, packed.
    private static func blob(in scratch: Scratch) throws -> [UInt8] {
        try scratch.shell(
            "mkdir t; for i in $(seq 300); do head -c 30000 /dev/urandom > t/$i; done; tar -c -C t . | gzip -1 > blob"
        )
        return try scratch.directory.open("blob", flags: O_RDONLY).readAll(limit: 16 << 20)
    }

    /// Applies a file that `writer` fills meanwhile, on a thread of its own.
    private func apply(
        in scratch: Scratch,
        expecting expected: ExpectedLayer,
        writer: @escaping @Sendable (Linux.Descriptor, FileGrowth) throws -> Void
    ) async throws -> AppliedLayer {
        let file = try scratch.file("growing")
        let growth = FileGrowth()
        let upper = try scratch.folder("upper")
        return try await withTaskExecutorPreference(BlockingThreads.shared) {
            async let writing: Void = writer(file, growth)
            let result = Result {
                try LayerApply(upper: upper, below: .nothing).apply(file, growth: growth, expecting: expected)
            }
            try await writing
            return try result.get()
        }
    }

    @Test("a blob that comes piece by piece gives the layer that the whole one gives")
    func pieces() async throws {
        let scratch = try Scratch()
        let blob = try Self.blob(in: scratch)
        let whole = try LayerApply(upper: try scratch.folder("whole"), below: .nothing).apply(
            try scratch.directory.open("blob", flags: O_RDONLY),
            expecting: ExpectedLayer()
        )
        let expected = ExpectedLayer(digest: Digest(of: blob), size: Int64(blob.count), diffID: whole.diffID)
        let applied = try await apply(in: scratch, expecting: expected) { file, growth in
            for start in stride(from: 0, to: blob.count, by: 70_001) {
                let end = min(start + 70_001, blob.count)
                try file.write(Array(blob[start..<end]))
                growth.grew(to: Int64(end))
            }
            growth.ended(.success(()))
        }
        #expect(applied.delta.encoded == whole.delta.encoded)
    }

    @Test("a blob that is begun anew after something was read is told, and never mixed with what came before")
    func restart() async throws {
        let scratch = try Scratch()
        let blob = try Self.blob(in: scratch)
        await #expect(throws: LayersError.startedAnew) {
            _ = try await apply(in: scratch, expecting: ExpectedLayer()) { file, growth in
                try file.write(Array(blob[..<8_000_000]))
                growth.grew(to: 8_000_000)
                // Until the reader has made something of it.
                let upper = try scratch.directory.child("upper")
                while try upper.names().isEmpty { sched_yield() }
                growth.restarted()
                growth.ended(.success(()))
            }
        }
    }

    @Test("what the writer failed with is what the reader fails with")
    func failure() async throws {
        let scratch = try Scratch()
        let blob = try Self.blob(in: scratch)
        await #expect(throws: Cut()) {
            _ = try await apply(in: scratch, expecting: ExpectedLayer()) { file, growth in
                try file.write(Array(blob[..<200_000]))
                growth.grew(to: 200_000)
                growth.ended(.failure(Cut()))
                growth.ended(.success(()))
            }
        }
    }
}
