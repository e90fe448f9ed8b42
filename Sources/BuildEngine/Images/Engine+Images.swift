public import Bytes
internal import Linux
public import OCI
internal import Store
internal import Trees

// The images of the store: lists, what is known of one, names.
extension Engine {
    /// The images of the store that pass all filters, those made last first.
    ///
    /// Opens no file of an image, unless a filter asks for labels.
    /// - Throws: `BuildFailure`: also for an image that a filter names and that is not there.
    public func images(matching filters: [ImageFilter] = []) async throws -> [ImageSummary] {
        try await onThreads { engine in try engine.list(filters) }
    }

    /// What is known of an image.
    ///
    /// - Parameter word: a name, `name@digest`, or an id, whole or its first digits.
    /// - Returns: its config, and what a list shows.
    /// - Throws: `BuildFailure` if there is none, or several.
    public func inspect(_ word: ByteString) async throws -> ImageInspection {
        try await onThreads { engine in
            let image = try engine.find(word).image
            let records = try engine.store.images.records(config: image.config)
            let given = records.flatMap(\.names).map(\.given).max()
            return ImageInspection(
                summary: ImageSummary(records.isEmpty ? [ImageRecord(image: image)] : records),
                config: try engine.config(of: image).content,
                lastTagged: given.flatMap { Timestamp(seconds: $0.seconds, nanoseconds: Int32($0.nanoseconds)) }
            )
        }
    }

    /// How an image came to be, the newest step first.
    ///
    /// - Parameter word: a name, `name@digest`, or an id, whole or its first digits.
    /// - Returns: a row for each entry of its config's history.
    /// - Throws: `BuildFailure` if there is none, or several.
    public func history(_ word: ByteString) async throws -> [HistoryRow] {
        try await onThreads { engine in
            let image = try engine.find(word).image
            let config = try engine.config(of: image).content
            var layers = config.diffIDs[...]
            var rows: [HistoryRow] = []
            for entry in config.history {
                var size: Int64? = 0
                if !entry.isEmptyLayer {
                    size = try layers.popFirst().flatMap { try engine.store.images.plainSize(ofLayer: $0) }
                }
                rows.append(HistoryRow(entry: entry, size: size))
            }
            rows.reverse()
            if !rows.isEmpty { rows[0].id = image.config }
            return rows
        }
    }

    /// Gives an image another name, which is taken from whatever image has it.
    ///
    /// - Parameters:
    ///   - word: a name, `name@digest`, or an id, whole or its first digits.
    ///   - name: a name with a tag.
    /// - Throws: `BuildFailure` if there is none, or several.
    public func tag(_ word: ByteString, as name: Reference) async throws {
        try await onThreads { engine in
            try engine.store.images.name(try engine.find(word).image.manifest.digest, [name])
        }
    }
}

extension Engine {
    /// Runs what blocks off the cooperative pool, and says what its errors mean.
    func onThreads<Value: Sendable>(_ body: @Sendable (Engine) throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            do { return try body(self) } catch let error as CancellationError { throw error } catch {
                throw BuildFailure(error, in: nil)
            }
        }
    }

    /// The image that a word means.
    ///
    /// - Throws: `BuildFailure` if there is none, `StoreError` if there are several.
    func find(_ word: ByteString) throws -> FoundImage {
        guard let found = try store.images.find(word) else { throw BuildFailure.noSuchImage(word) }
        return found
    }

    /// An image's config, compared with its digest.
    func config(of image: StoredImage) throws -> Document<ImageConfig> {
        let manifest = try manifest(of: image)
        guard let bytes = try store.content.read(image.config) else { throw BuildFailure.lostDocument(image.config) }
        return try Document<ImageConfig>(bytes: bytes, of: manifest.content.config)
    }

    /// An image's manifest, compared with its digest.
    func manifest(of image: StoredImage) throws -> Document<Manifest> {
        guard let bytes = try store.content.read(image.manifest.digest) else {
            throw BuildFailure.lostDocument(image.manifest.digest)
        }
        return try Document<Manifest>(bytes: bytes, of: image.manifest)
    }

    private func list(_ filters: [ImageFilter]) throws -> [ImageSummary] {
        var order: [Digest] = []
        var records: [Digest: [ImageRecord]] = [:]
        for record in try store.images.all {
            if records[record.image.config] == nil { order.append(record.image.config) }
            records[record.image.config, default: []].append(record)
        }
        let selection = try ImageSelection(filters, engine: self)
        return try order.compactMap { try selection.take(ImageSummary(records[$0] ?? [])) }
    }
}

/// The filters of one list, with what they need to know.
private struct ImageSelection {
    private let engine: Engine
    private let filters: [ImageFilter]
    private let references: [[PathPattern]]
    /// Images must be older than all of these, and younger than those.
    private var before: [Timestamp] = []
    private var since: [Timestamp] = []

    init(_ filters: [ImageFilter], engine: Engine) throws {
        self.engine = engine
        self.filters = filters
        var references: [[PathPattern]] = []
        for filter in filters {
            switch filter {
            case .reference(let pattern):
                do {
                    references.append(try pattern.split(separator: UInt8(ascii: "/")).map { try PathPattern($0) })
                } catch {
                    throw BuildFailure(
                        message: "invalid reference pattern \"\(pattern.escaped)\"",
                        exitCode: 2
                    )
                }
            case .before(let word): before.append(try engine.find(word).image.created ?? .epoch)
            case .since(let word): since.append(try engine.find(word).image.created ?? .epoch)
            case .until(let time): before.append(time)
            case .dangling, .label, .withoutLabel: break
            }
        }
        self.references = references
    }

    /// The image with the names that were asked for; nil if it is not wanted.
    func take(_ image: ImageSummary) throws -> ImageSummary? {
        var image = image
        let created = image.created ?? .epoch
        guard before.allSatisfy({ created < $0 }), since.allSatisfy({ created > $0 }) else { return nil }
        for filter in filters {
            if case .dangling(let wanted) = filter, image.isDangling != wanted { return nil }
        }
        if !references.isEmpty {
            image.names = image.names.filter(isWanted)
            image.digests = image.digests.filter(isWanted)
            if image.isDangling { return nil }
        }
        return try hasLabels(image) ? image : nil
    }

    private func isWanted(_ name: Reference) -> Bool {
        let familiar = ByteString(name.familiar)
        let whole = familiar.split(separator: UInt8(ascii: "/"))
        // The tag or digest is in the last part; a colon before it is a registry's port.
        let end = whole.last?.bytes.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") }
        let short = whole.dropLast() + [ByteString(Array(whole.last?.bytes[..<(end ?? whole.last?.count ?? 0)] ?? []))]
        return references.contains { pattern in
            [whole, Array(short)].contains { parts in
                parts.count == pattern.count && zip(pattern, parts).allSatisfy { $0.matches($1) }
            }
        }
    }

    private func hasLabels(_ image: ImageSummary) throws -> Bool {
        let asked = filters.contains {
            if case .label = $0 { true } else if case .withoutLabel = $0 { true } else { false }
        }
        guard asked else { return true }
        guard let stored = try engine.store.images.image(manifest: image.manifest.digest) else { return false }
        let labels = try engine.config(of: stored).content.config.labels
        return filters.allSatisfy { filter in
            switch filter {
            case .label(let name, let value): labels[name] != nil && (value == nil || labels[name] == value)
            case .withoutLabel(let name, let value): labels[name] == nil || (value != nil && labels[name] != value)
            default: true
            }
        }
    }
}

extension BuildFailure {
    static func noSuchImage(_ word: ByteString) -> BuildFailure {
        let name = (try? Reference(word))?.familiar ?? word.escaped
        return BuildFailure(
            message: "No such image: \(name)",
            remedy: "swift-build-image images lists what there is",
            exitCode: 4
        )
    }

    /// A document of an image is gone, or was damaged and dropped.
    static func lostDocument(_ digest: Digest) -> BuildFailure {
        BuildFailure(
            message: "the document \(digest) of the image is not in the store any more",
            remedy: "build, load or pull the image again",
            exitCode: 5
        )
    }
}
