// swift-tools-version: 6.3
import PackageDescription

/// One set of compiler settings for every Swift target (Docs/Architecture.md, "Settings").
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Who may import whom: the one table of the architecture.
///
/// `Tests/ArchitectureTests` compares it with Docs/Architecture.md.
let modules: [(name: String, imports: [Target.Dependency])] = [
    ("Bytes", []),
    ("Dockerfile", ["Bytes"]),
    ("OCI", ["Bytes", .product(name: "Crypto", package: "swift-crypto")]),
    ("Linux", ["Bytes", "CLinux"]),
    ("Trees", ["Bytes", "OCI"]),
    ("Layers", ["Bytes", "Linux", "OCI", "Trees", "CArchive", "CDeflate", "CZstd"]),
    (
        "Registry",
        [
            "Bytes", "Linux", "OCI",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "TOMLKit", package: "TOMLKit"),
        ]
    ),
    ("Store", ["Bytes", "Linux", "OCI", "Trees", .product(name: "GRDB", package: "GRDB.swift")]),
    ("Sandbox", ["Bytes", "Linux", "OCI", "CLinux"]),
    ("Contexts", ["Bytes", "Linux", "OCI", "Trees", "Layers"]),
    ("Graph", ["Bytes", "Dockerfile", "OCI", "Trees"]),
    ("Solver", ["Bytes", "Graph", "OCI", "Trees"]),
    (
        "Execution",
        [
            "Bytes", "Linux", "OCI", "Trees", "Layers", "Registry", "Store", "Sandbox", "Contexts", "Graph", "Solver",
        ]
    ),
    ("Export", ["Bytes", "Linux", "OCI", "Trees", "Layers", "Registry", "Store"]),
    (
        "BuildEngine",
        [
            "Bytes", "Dockerfile", "Linux", "OCI", "Trees", "Layers", "Registry", "Store", "Sandbox", "Contexts",
            "Graph",
            "Solver", "Execution", "Export",
        ]
    ),
    ("Reports", ["Bytes", "Dockerfile", "Graph", "OCI", "BuildEngine"]),
    (
        "Commands",
        [
            "Bytes", "OCI", "BuildEngine", "Reports",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]
    ),
]

/// The test targets, with what each imports besides Swift Testing.
let tests: [(name: String, imports: [Target.Dependency])] = [
    ("BytesTests", ["Bytes"]),
    ("LinuxTests", ["Bytes", "Linux"]),
    ("DockerfileTests", ["Bytes", "Dockerfile"]),
    ("OCITests", ["Bytes", "OCI"]),
    ("TreesTests", ["Bytes", "OCI", "Trees", "TestSupport"]),
    ("GraphTests", ["Bytes", "Dockerfile", "Graph", "OCI", "Trees", "TestSupport"]),
    ("SolverTests", ["Bytes", "Dockerfile", "Graph", "OCI", "Solver", "Trees", "TestSupport"]),
    ("LayersTests", ["Bytes", "Layers", "Linux", "OCI", "Trees"]),
    ("RegistryTests", ["Bytes", "Linux", "LoopbackRegistry", "OCI", "Registry"]),
    ("StoreTests", ["Bytes", "Linux", "OCI", "Store", "Trees"]),
    ("SandboxTests", ["Bytes", "CLinux", "Linux", "OCI", "Sandbox"]),
    (
        "ExecutionTests",
        [
            "Bytes", "Contexts", "Execution", "Graph", "Layers", "Linux", "OCI", "Registry", "Sandbox", "Solver",
            "Store",
            "Trees",
        ]
    ),
    ("ExportTests", ["Bytes", "Export", "Layers", "Linux", "OCI", "Store", "Trees"]),
    ("BuildEngineTests", ["Bytes", "BuildEngine", "Dockerfile", "OCI", "TestSupport"]),
    ("ContextsTests", ["Bytes", "Contexts", "Layers", "Linux", "OCI", "TestSupport", "Trees"]),
    ("ReportsTests", ["Bytes", "BuildEngine", "Dockerfile", "Graph", "OCI", "Reports"]),
    ("CommandsTests", ["Bytes", "BuildEngine", "Commands", "OCI", "Reports"]),
    ("EndToEndTests", ["Bytes", "LoopbackRegistry", "OCI"]),
    ("CrashTests", ["Bytes", "OCI"]),
    ("ArchitectureTests", []),
]

let package = Package(
    name: "swift-build-image",
    products: [
        .library(name: "BuildEngine", targets: ["BuildEngine"]),
        .executable(name: "swift-build-image", targets: ["swift-build-image"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: modules.map { .target(name: $0.name, dependencies: $0.imports, swiftSettings: settings) }
        + [
            .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
            .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
            .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
            .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
            .executableTarget(name: "swift-build-image", dependencies: ["Commands"], swiftSettings: settings),
            .target(
                name: "LoopbackRegistry",
                dependencies: [
                    "Bytes", "OCI",
                    .product(name: "NIOCore", package: "swift-nio"),
                    .product(name: "NIOHTTP1", package: "swift-nio"),
                    .product(name: "NIOPosix", package: "swift-nio"),
                    .product(name: "NIOSSL", package: "swift-nio-ssl"),
                ],
                path: "Tests/LoopbackRegistry",
                swiftSettings: settings
            ),
            .target(
                name: "TestSupport",
                dependencies: ["Bytes", "Dockerfile", "Graph", "OCI", "Solver", "Trees"],
                path: "Tests/TestSupport",
                swiftSettings: settings
            ),
        ]
        + tests.map { .testTarget(name: $0.name, dependencies: $0.imports, swiftSettings: settings) }
)
