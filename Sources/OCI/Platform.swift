public import Bytes

/// An operating system and a processor (OCI image-spec 1.1, "Image Index", `platform`).
///
/// The values are kept as a document has them; ``normalized`` gives the one spelling that can be compared.
public struct Platform: Hashable, Sendable {
    /// Go's name of the system, such as `linux`.
    public var os: ByteString
    /// Go's name of the processor, such as `amd64`.
    public var architecture: ByteString
    /// The processor's version, such as `v7`; empty where there is none.
    public var variant: ByteString
    /// The version of the system, which only Windows images have; else empty.
    public var osVersion: ByteString
    /// What the system must be able to do, such as `win32k`.
    public var osFeatures: [ByteString]

    /// A platform in the spelling that is given.
    public init(
        os: ByteString,
        architecture: ByteString,
        variant: ByteString = "",
        osVersion: ByteString = "",
        osFeatures: [ByteString] = []
    ) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
        self.osFeatures = osFeatures
    }

    /// The platform that this program was compiled for.
    public static var host: Platform {
        #if arch(x86_64)
        Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
        Platform(os: "linux", architecture: "arm64")
        #else
        #error("name this processor as Go does")
        #endif
    }

    /// Reads `os/architecture[/variant]`, or one of `os` and `architecture`, for which the host gives the rest.
    ///
    /// After the system may stand its version and features: `windows(10.0.17763+win32k)/amd64`. The result is
    /// normalised.
    /// - Throws: `OCIError.malformedPlatform` for other forms and for a single word that names neither.
    public init(parsing text: ByteString, host: Platform = .host) throws(OCIError) {
        let parts = text.split(separator: UInt8(ascii: "/"))
        guard text.count <= 255, (1...3).contains(parts.count),
            let system = Self.system(parts[0]), parts.dropFirst().allSatisfy(Self.isWord)
        else { throw .malformedPlatform(text) }
        var platform = system
        if parts.count > 1 {
            platform.architecture = parts[1]
            if parts.count > 2 { platform.variant = parts[2] }
        } else {
            let word = Platform(os: "", architecture: parts[0]).normalized
            if Self.knownSystems.contains(platform.normalized.os) {
                platform.architecture = host.architecture
                platform.variant = host.variant
            } else if Self.knownArchitectures.contains(word.architecture) {
                platform = Platform(os: host.os, architecture: parts[0])
            } else {
                throw .malformedPlatform(text)
            }
        }
        self = platform.normalized
    }

    /// The same platform in the spelling of Go's tool chain: `x86_64` becomes `amd64`, `arm64/v8` becomes `arm64`,
    /// `arm` becomes `arm/v7`; features are sorted, each once.
    public var normalized: Platform {
        var result = self
        result.os = os.lowercased
        if result.os == "macos" { result.os = "darwin" }
        if !osFeatures.isEmpty { result.osFeatures = Set(osFeatures).sorted() }
        let variant = variant.lowercased
        switch (architecture.lowercased, variant) {
        case ("i386", _): (result.architecture, result.variant) = ("386", "")
        case ("x86_64", _), ("x86-64", _), ("amd64", _):
            (result.architecture, result.variant) = ("amd64", variant == "v1" ? "" : variant)
        case ("aarch64", "8"), ("aarch64", "v8"), ("aarch64", "v8.0"), ("arm64", "8"), ("arm64", "v8"),
            ("arm64", "v8.0"):
            (result.architecture, result.variant) = ("arm64", "")
        case ("aarch64", "9"), ("aarch64", "9.0"), ("aarch64", "v9.0"), ("arm64", "9"), ("arm64", "9.0"),
            ("arm64", "v9.0"):
            (result.architecture, result.variant) = ("arm64", "v9")
        case ("aarch64", _): (result.architecture, result.variant) = ("arm64", variant)
        case ("armhf", _): (result.architecture, result.variant) = ("arm", "v7")
        case ("armel", _): (result.architecture, result.variant) = ("arm", "v6")
        case ("arm", ""), ("arm", "7"): (result.architecture, result.variant) = ("arm", "v7")
        case ("arm", "5"), ("arm", "6"), ("arm", "8"): (result.architecture, result.variant) = ("arm", "v" + variant)
        case (let other, _): (result.architecture, result.variant) = (other, variant)
        }
        return result
    }

    /// `linux`, or `windows(10.0.17763+win32k)`; nil where it is not well formed.
    private static func system(_ text: ByteString) -> Platform? {
        guard let opening = text.bytes.firstIndex(of: UInt8(ascii: "(")) else {
            return isName(text) ? Platform(os: text, architecture: "") : nil
        }
        let name = ByteString(Array(text.bytes[..<opening]))
        guard isName(name), text.bytes.last == UInt8(ascii: ")") else { return nil }
        let inner = ByteString(Array(text.bytes[(opening + 1)...].dropLast()))
        let parts = inner.split(separator: UInt8(ascii: "+"))
        guard parts[0].isEmpty || isWord(parts[0]), parts.dropFirst().allSatisfy(isWord) else { return nil }
        return Platform(os: name, architecture: "", osVersion: parts[0], osFeatures: Array(parts.dropFirst()))
    }

    /// A system's name has no dots.
    private static func isName(_ text: ByteString) -> Bool { isWord(text) && !text.bytes.contains(UInt8(ascii: ".")) }

    private static func isWord(_ text: ByteString) -> Bool {
        !text.isEmpty && text.bytes.allSatisfy { ASCII.isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    /// The values of GOOS and GOARCH, which the specification refers to.
    private static let knownSystems: Set<ByteString> = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
        "openbsd", "plan9", "solaris", "windows", "zos",
    ]
    private static let knownArchitectures: Set<ByteString> = [
        "386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64", "mips64le",
        "mips64p32", "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
        "sparc64", "wasm",
    ]
}

extension Platform: CustomStringConvertible {
    /// `linux/arm/v7`: the form that is read back.
    public var text: ByteString {
        var system = os
        if !osVersion.isEmpty || !osFeatures.isEmpty {
            system += "(" + osVersion
            for feature in osFeatures { system += "+" + feature }
            system += ")"
        }
        return [system, architecture, variant].filter { !$0.isEmpty }.joined(separator: "/")
    }

    /// The text form.
    public var description: String { text.text }
}
