internal import Bytes
internal import Layers
public import OCI
internal import Trees

extension Engine {
    /// Compares two images, file by file and in their configs.
    ///
    /// Layers that both have at the bottom are read once, and not at all where there is nothing above them in either.
    ///
    /// - Parameters:
    ///   - left: the first image.
    ///   - right: the second image.
    ///   - platform: which of several images under one name; nil is this host's.
    /// - Returns: what differs, nothing where the images are equal.
    /// - Throws: `BuildFailure`, or `CancellationError` when the task was cancelled.
    public func difference(
        between left: ImageLocation,
        and right: ImageLocation,
        platform: Platform? = nil
    ) async throws -> ImageDifference {
        try await looking {
            let left = try await readable(left, for: platform)
            let right = try await readable(right, for: platform)
            let (mine, theirs) = (left.config.diffIDs, right.config.diffIDs)
            let shared = zip(mine, theirs).prefix { $0 == $1 }.count
            var files: [ImageDifference.File] = []
            if mine != theirs {
                var stack = LayerStack()
                try await lay(0..<shared, of: left, on: &stack)
                var other = stack
                try await lay(shared..<theirs.count, of: right, on: &other)
                try await lay(shared..<mine.count, of: left, on: &stack)
                stack.forEachDifference(from: other) { files.append(ImageDifference.File($0)) }
            }
            return ImageDifference(
                left: left.identity,
                right: right.identity,
                sharedLayers: shared,
                layerCounts: (mine.count, theirs.count),
                config: ConfigComparison(left.config, right.config).differences,
                files: files
            )
        }
    }

    private func lay(_ indices: Range<Int>, of image: ReadableImage, on stack: inout LayerStack) async throws {
        for index in indices {
            let listing = try await image.read(index, hashesContent: true)
            _ = try image.telling(index) { try stack.lay(listing.changes) }
        }
    }
}

extension ImageDifference.File {
    fileprivate init(_ difference: LayerFileDifference) {
        self.init(
            path: difference.path.bytes,
            left: difference.left.map { ImageFile($0) },
            right: difference.right.map { ImageFile($0) },
            aspects: difference.aspects.compactMap { ImageDifference.Aspect(rawValue: $0.rawValue) }
        )
    }
}
