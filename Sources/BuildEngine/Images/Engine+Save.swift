public import Bytes
internal import Execution
internal import Export
internal import Linux
internal import OCI
internal import Store

extension Engine {
    /// Writes images into one tar that is an OCI image layout, and that `docker load` of any age reads, too.
    ///
    /// - Parameters:
    ///   - words: names, which are written into the tar, and ids, which bring an image without a name; a name without a
    ///     tag stands for all tags of its repository.
    ///   - path: the file, which takes its place when it is whole; nil for standard output.
    /// - Throws: `BuildFailure`, or `CancellationError`.
    public func save(_ words: [ByteString], to path: ByteString?) async throws {
        try await working({ _ in }) { client in
            let destination: LayoutExporter.Destination =
                if let path { .tarFile(path) } else { .tarStream(try Descriptor.standardOutput()) }
            try LayoutExporter.check(destination)
            let images = try chosen(words)
            // Of a base that no step read the layers may still be in its registry only.
            let bases = BaseImages(store: store, client: client, policy: .missing) { _ in }
            try await bases.bringStored(images.flatMap(\.manifest.content.layers))
            try droppingDamaged { try LayoutExporter(images: images, form: .dockerArchive).write(to: destination) }
        }
    }

    /// A blob that is found to be damaged leaves the store, so that it can be made or fetched anew.
    func droppingDamaged<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as ExportError {
            if case .damagedBlob(let digest) = error { _ = try store.content.verify(digest) }
            throw error
        }
    }

    private func chosen(_ words: [ByteString]) throws -> [LayoutImage] {
        var order: [Digest] = []
        var chosen: [Digest: (image: StoredImage, names: [Reference])] = [:]
        func choose(_ image: StoredImage, _ name: Reference?) {
            if chosen[image.manifest.digest] == nil {
                order.append(image.manifest.digest)
                chosen[image.manifest.digest] = (image, [])
            }
            if let name, chosen[image.manifest.digest]?.names.contains(name) == false {
                chosen[image.manifest.digest]?.names.append(name)
            }
        }
        for word in words {
            let repository = try repository(word)
            if !repository.isEmpty {
                for (image, name) in repository { choose(image, name) }
                continue
            }
            let found = try find(word)
            if case .name(let name) = found.way { choose(found.image, name) } else { choose(found.image, nil) }
        }
        return try order.compactMap { chosen[$0] }.map { try layoutImage($0.image, names: $0.names) }
    }

    /// All tags of a repository, if the word is one without a tag.
    private func repository(_ word: ByteString) throws -> [(StoredImage, Reference)] {
        guard let name = try? Reference(word), name.digest == nil, name.tag == "latest",
            !word.hasSuffix(":latest")
        else { return [] }
        return try store.images.all.flatMap { record in
            record.names.compactMap { try? Reference($0.name) }.filter { $0.name == name.name }.map {
                (record.image, $0)
            }
        }.sorted { $0.1 < $1.1 }
    }

    private func layoutImage(_ image: StoredImage, names: [Reference]) throws -> LayoutImage {
        let content = store.content
        return LayoutImage(
            manifest: try manifest(of: image),
            config: try config(of: image).bytes,
            names: names
        ) { layer in
            guard let file = try content.open(layer.digest) else { throw ExportError.missingBlob(layer.digest) }
            return file
        }
    }
}
