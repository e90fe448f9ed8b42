internal import BuildEngine
internal import Bytes
internal import OCI
internal import Reports

/// The lines of `images`: one for each name, as docker's.
struct ImageRows {
    /// Whether each digest of a repository has a line.
    let needsDigests: Bool
    let isTruncated: Bool
    /// Whether a field is asked for: a thousand lines need no others.
    let shows: (ByteString) -> Bool

    static let headers: [ByteString: String] = [
        "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "ID": "IMAGE ID", "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT", "Size": "SIZE", "VirtualSize": "SIZE", "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE", "Containers": "CONTAINERS",
    ]

    private static let none = "<none>"
    /// The start of year 1, in seconds.
    private static let noTime: Int64 = -62_135_596_800

    /// What stands for an image's id.
    static func id(_ digest: Digest, isTruncated: Bool) -> String {
        isTruncated ? String(digest.hex.prefix(12)) : digest.description
    }

    func rows(of images: [ImageSummary]) -> [GoValue] {
        let now = HumanFigures.now
        return images.flatMap { image -> [GoValue] in
            // What is the same in all lines of an image is made once.
            let fields = fields(of: image, now)
            return lines(of: image).map { line -> GoValue in
                var own = fields
                for index in own.indices {
                    switch own[index].name {
                    case "Repository": own[index].value = .text(line.repository)
                    case "Tag": own[index].value = .text(line.tag)
                    case "Digest": own[index].value = .text(line.digest)
                    default: break
                    }
                }
                return .structure(GoStructure("*formatter.imageContext", own))
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

    /// The fields of an image's lines, by name; those that differ from line to line are empty.
    private func fields(of image: ImageSummary, _ now: Timestamp) -> [GoStructure.Field] {
        // Go's zero time stands for none.
        let created = image.created.flatMap { $0.seconds == ImageRows.noTime ? nil : $0 }
        var fields: [GoStructure.Field] = []
        func add(_ name: ByteString, _ value: @autoclosure () -> String) {
            if shows(name) { fields.append(.init(name, .text(value()))) }
        }
        add("Containers", "N/A")
        add("CreatedAt", created.map(HumanFigures.dateAndTime) ?? "0001-01-01 00:00:00 +0000 UTC")
        add("CreatedSince", created.map { HumanFigures.age(of: $0, at: now) } ?? "")
        add("Digest", "")
        add("ID", ImageRows.id(image.id, isTruncated: isTruncated))
        add("Repository", "")
        add("SharedSize", "N/A")
        add("Size", image.size.map { HumanFigures.size($0) } ?? "N/A")
        add("Tag", "")
        add("UniqueSize", "N/A")
        add("VirtualSize", image.size.map { HumanFigures.size($0, digits: 4) } ?? "N/A")
        return fields
    }
}

extension Reference {
    /// The repository as people write it, without tag and digest.
    var familiarName: String {
        let end = (tag.map { $0.utf8.count + 1 } ?? 0) + (digest.map { $0.description.utf8.count + 1 } ?? 0)
        return String(decoding: familiar.utf8.dropLast(end), as: UTF8.self)
    }
}
