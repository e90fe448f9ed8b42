internal import BuildEngine
internal import Bytes
internal import Glibc
internal import OCI
internal import Reports

/// The lines of `images`: one for each name, as docker's.
struct ImageRows {
    /// Whether each digest of a repository has a line.
    let needsDigests: Bool
    let isTruncated: Bool

    static let headers: [ByteString: String] = [
        "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "ID": "IMAGE ID", "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT", "Size": "SIZE", "VirtualSize": "SIZE", "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE", "Containers": "CONTAINERS",
    ]

    private static let none = "<none>"

    /// What stands for an image's id.
    static func id(_ digest: Digest, isTruncated: Bool) -> String {
        isTruncated ? String(digest.hex.prefix(12)) : digest.description
    }

    /// Now, by the wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec)) ?? .epoch
    }

    func rows(of images: [ImageSummary]) -> [GoValue] {
        let now = ImageRows.now
        return images.flatMap { image in
            lines(of: image).map { line in
                GoValue.structure(row(image, line.repository, line.tag, line.digest, now))
            }
        }
    }

    private func lines(of image: ImageSummary) -> [(repository: String, tag: String, digest: String)] {
        if image.isDangling { return [(ImageRows.none, ImageRows.none, ImageRows.none)] }
        var result: [(String, String, String)] = []
        for name in image.names {
            let (repository, tag) = (name.familiarName, name.tag ?? ImageRows.none)
            let digests = needsDigests ? image.digests.filter { $0.name == name.name } : []
            for digest in digests { result.append((repository, tag, digest.digest?.description ?? ImageRows.none)) }
            if digests.isEmpty { result.append((repository, tag, ImageRows.none)) }
        }
        // A repository of which there are digests only.
        let named = Set(image.names.map(\.name))
        var seen: Set<String> = []
        for digest in image.digests where !named.contains(digest.name) {
            if !seen.insert(digest.name).inserted, !needsDigests { continue }
            result.append((digest.familiarName, ImageRows.none, digest.digest?.description ?? ImageRows.none))
        }
        return result
    }

    private func row(
        _ image: ImageSummary,
        _ repository: String,
        _ tag: String,
        _ digest: String,
        _ now: Timestamp
    ) -> GoStructure {
        GoStructure(
            "*formatter.imageContext",
            [
                .init("Containers", .text("N/A")),
                .init("CreatedAt", .text(image.created.map(HumanFigures.dateAndTime) ?? "")),
                .init("CreatedSince", .text(image.created.map { HumanFigures.age(of: $0, at: now) } ?? "")),
                .init("Digest", .text(digest)),
                .init("ID", .text(ImageRows.id(image.id, isTruncated: isTruncated))),
                .init("Repository", .text(repository)),
                .init("SharedSize", .text("N/A")),
                .init("Size", .text(image.size.map { HumanFigures.size($0) } ?? "N/A")),
                .init("Tag", .text(tag)),
                .init("UniqueSize", .text("N/A")),
                .init("VirtualSize", .text(image.size.map { HumanFigures.size($0, digits: 4) } ?? "N/A")),
            ]
        )
    }
}

extension Reference {
    /// The repository as people write it, without tag and digest.
    var familiarName: String {
        let end = (tag.map { $0.utf8.count + 1 } ?? 0) + (digest.map { $0.description.utf8.count + 1 } ?? 0)
        return String(decoding: familiar.utf8.dropLast(end), as: UTF8.self)
    }
}
