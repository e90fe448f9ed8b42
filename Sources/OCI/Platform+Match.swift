internal import Bytes

extension Platform {
    /// How well an image made for `candidate` suits this platform: 0 is the same platform, more is an older processor
    /// that this one can stand in for; nil does not run.
    public func preference(for candidate: Platform) -> Int? {
        let candidate = candidate.normalized
        return acceptable.firstIndex { wanted in
            wanted.os == candidate.os && wanted.architecture == candidate.architecture
                && wanted.variant == candidate.variant
                && (wanted.osVersion.isEmpty || candidate.osVersion.isEmpty || wanted.osVersion == candidate.osVersion)
        }
    }

    /// Whether an image made for `candidate` runs on this platform.
    public func accepts(_ candidate: Platform) -> Bool { preference(for: candidate) != nil }

    /// What runs on this platform, best first, normalised: the processors whose instructions it has.
    package var acceptable: [Platform] {
        let base = normalized
        func with(_ architecture: ByteString, _ variants: [ByteString]) -> [Platform] {
            variants.map { variant in
                var platform = base
                (platform.architecture, platform.variant) = (architecture, variant)
                return platform
            }
        }
        switch base.architecture {
        case "amd64":
            let level = Self.level(base.variant) ?? 1
            let lower: [ByteString] =
                level > 1 ? (1..<level).reversed().map { $0 == 1 ? "" : ByteString("v\($0)") } : []
            return with("amd64", [base.variant] + lower) + with("386", [""])
        case "arm":
            return with("arm", [base.variant] + Self.lowerARM(than: Self.level(base.variant) ?? 0))
        case "arm64":
            return with("arm64", Self.arm64Variants(base.variant)) + with("arm", ["v8"] + Self.lowerARM(than: 8))
        default:
            return [base]
        }
    }

    /// The number of a variant `v1` to `v9`.
    private static func level(_ variant: ByteString) -> Int? {
        guard variant.count == 2, variant.hasPrefix("v") else { return nil }
        return Int(variant.text.dropFirst())
    }

    private static func lowerARM(than level: Int) -> [ByteString] {
        level > 5 ? (5..<level).reversed().map { ByteString("v\($0)") } : []
    }

    /// `v9.2` has all of `v9.1` and `v9`, and of `v8.7` down: v9.0 came from v8.5 (Arm ARM, "Architecture extensions").
    private static func arm64Variants(_ variant: ByteString) -> [ByteString] {
        let text = variant.isEmpty ? "v8" : variant.text
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard text.hasPrefix("v"), let major = Int(parts[0]), major == 8 || major == 9, parts.count <= 2,
            let minor = parts.count == 2 ? Int(parts[1]) : 0, (0...9).contains(minor)
        else { return [variant] }
        func versions(_ major: Int, _ minor: Int) -> [ByteString] {
            (0...minor).reversed().map { minor -> ByteString in
                switch (major, minor) {
                case (8, 0): ""
                case (_, 0): ByteString("v\(major)")
                default: ByteString("v\(major).\(minor)")
                }
            }
        }
        return major == 9 ? versions(9, minor) + versions(8, min(minor + 5, 9)) : versions(8, minor)
    }
}
