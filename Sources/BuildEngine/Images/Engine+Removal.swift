public import Bytes
internal import OCI
internal import Store

extension Engine {
    /// Takes a name away from an image, and removes the image when it was the last; an id removes the image with its name.
    ///
    /// As Docker does: of an image that has names in several repositories, or several names, the id alone does not
    /// suffice, unless `isForced`. Layers stay in the cache.
    ///
    /// - Parameters:
    ///   - word: a name, `name@digest`, or an id, whole or its first digits.
    ///   - isForced: whether an id removes all names.
    /// - Returns: what was done, in order.
    /// - Throws: `BuildFailure` if there is no such image, or it was not done.
    public func remove(_ word: ByteString, isForced: Bool = false) async throws -> [ImageRemoval] {
        try await onThreads { engine in
            let found = try engine.find(word)
            switch found.way {
            case .name(let name), .repositoryDigest(let name):
                return try engine.untag(name, of: found.image.config)
            case .id: return try engine.remove(found.image.config, isForced: isForced)
            }
        }
    }

    private func references(_ config: Digest) throws -> ImageSummary? {
        let records = try store.images.records(config: config)
        return records.isEmpty ? nil : ImageSummary(records)
    }

    private func untag(_ name: Reference, of config: Digest) throws -> [ImageRemoval] {
        // A digest that no repository gave is that of a manifest that has names: they go one by one.
        let known = try references(config)
        if name.digest != nil,
            known?.digests.contains(where: { $0.digest == name.digest && $0.name == name.name }) != true
        {
            let names = (known?.names ?? []).filter { $0.name == name.name }
            var result: [ImageRemoval] = []
            for name in names { result += try untag(name, of: config) }
            return result
        }
        _ = try store.images.unname(name)
        var result = [ImageRemoval.untagged(name)]
        guard let left = try references(config) else { return result }
        if name.digest == nil, !left.names.contains(where: { $0.name == name.name }) {
            // Digests of a repository of which no name is left go with the last one.
            for digest in left.digests where digest.name == name.name {
                _ = try store.images.unname(digest)
                result.append(.untagged(digest))
            }
        }
        if try references(config)?.isDangling == true { result += try delete(config) }
        return result
    }

    private func remove(_ config: Digest, isForced: Bool) throws -> [ImageRemoval] {
        guard let image = try references(config) else { throw BuildFailure.noSuchImage(ByteString(config.description)) }
        if !isForced, !image.hasSingleName {
            throw BuildFailure(
                message: """
                    conflict: unable to delete \(config.hex.prefix(12)) (must be forced) - image is referenced in multiple \
                    repositories
                    """,
                remedy: "remove its names one by one, or all with -f",
                exitCode: 1
            )
        }
        let all = (image.names + image.digests).map(ImageRemoval.untagged)
        return all + (try delete(config))
    }

    private func delete(_ config: Digest) throws -> [ImageRemoval] {
        guard let removed = try store.images.remove(config: config) else { return [] }
        _ = try? store.emptyTrash()
        return [.deleted(config)] + removed.chainIDs.map(ImageRemoval.deleted)
    }
}

extension ImageSummary {
    /// Whether all that leads to the image is one name, and digests of that name's repository.
    fileprivate var hasSingleName: Bool {
        guard names.count <= 1 else { return false }
        let repository = (names + digests).first?.name
        return digests.allSatisfy { $0.name == repository }
    }
}
