import Glibc

/// The real program, and what these tests need of the host.
enum Tool {
    /// Where the program is: `SWIFT_BUILD_IMAGE_TOOL`, or beside the test bundle, as the same build left it.
    static let path: String =
        environment("SWIFT_BUILD_IMAGE_TOOL") ?? folder(of: link("/proc/self/exe")) + "/swift-build-image"

    /// The static program of `make release`.
    static let releasePath: String =
        environment("SWIFT_BUILD_IMAGE_RELEASE_TOOL") ?? packageRoot + "/.build/release/swift-build-image"

    /// The folder with Package.swift.
    static let packageRoot: String = {
        var path = #filePath
        while path != "/", access(path + "/Package.swift", F_OK) != 0 { path = folder(of: path) }
        return path
    }()

    /// What the project shares with its neighbours; it may be missing.
    static let shared: String = packageRoot + "/../shared"

    /// Whether the long form of a test is asked for (`make soak`).
    static let isSoaking: Bool = environment("SWIFT_BUILD_IMAGE_SOAK") != nil

    /// Whether steps can be run here; the reason is printed once where they cannot.
    static let canBuild: Bool = {
        let reason: String? =
            if getuid() != 0 {
                "they need root"
            } else if access(path, X_OK) != 0 {
                "there is no program at \(path)"
            } else if BaseImage.layout == nil {
                "there is no base image: busybox-static or ../shared is missing"
            } else {
                nil
            }
        if let reason { print("end-to-end tests are skipped: \(reason)") }
        return reason == nil
    }()

    /// Whether all of some programs or files are here; what is missing is printed where they are not.
    static func has(_ names: String..., for subject: String) -> Bool {
        let missing = names.filter { find($0) == nil }
        if !missing.isEmpty { print("\(subject): skipped, for want of \(missing.joined(separator: ", "))") }
        return canBuild && missing.isEmpty
    }

    /// The path of a program: given, or found on the usual path.
    static func find(_ name: String) -> String? {
        if name.contains("/") { return access(name, F_OK) == 0 ? name : nil }
        return ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/"]
            .map { $0 + name }.first { access($0, X_OK) == 0 }
    }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}

/// What a symbolic link says; empty where there is none.
func link(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A path without its last component.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
}
