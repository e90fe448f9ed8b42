package import Bytes
package import Graph
package import OCI

/// Who wrote last to the caches that steps mount (`cache.md` rule 8).
///
/// A cache is a channel between steps that no tree shows: what a step finds in it depends on the steps before it that
/// could write to it.
package struct CacheWriters: Sendable, Hashable {
    private struct Writer: Hashable {
        var vertex: VertexID
        var definitionKey: ContentHash
    }

    /// By the id of the cache.
    private var writers: [ByteString: Writer] = [:]

    package init() {}

    /// Those of all that a step depends on; of several for one cache the later one in the graph's order.
    package init(merging all: [CacheWriters]) {
        writers = all.first?.writers ?? [:]
        for other in all.dropFirst() {
            writers.merge(other.writers) { $0.vertex < $1.vertex ? $1 : $0 }
        }
    }

    /// The definition key of the last step that had the cache writable; nil if none had.
    package subscript(id: ByteString) -> ContentHash? { writers[id]?.definitionKey }

    /// Notes that a step has had its writable caches.
    package mutating func note(_ vertex: Vertex, definitionKey: ContentHash) {
        for cache in vertex.operation.caches where !cache.isReadOnly {
            writers[cache.id] = Writer(vertex: vertex.id, definitionKey: definitionKey)
        }
    }
}

extension Operation {
    /// The cache mounts of a RUN, in order.
    var caches: [CacheMount] {
        guard case .run(let step) = self else { return [] }
        return step.mounts.compactMap { mount in
            if case .cache(let cache) = mount.kind { cache } else { nil }
        }
    }
}
