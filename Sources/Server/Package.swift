// swift-tools-version: 6.2
// Students behind HTTP, and the lab's pages. A package of its own, so that neither the prompt's start nor `swift build` at the
// root waits for what HTTP needs; scripts/serve builds it, and `lyceum serve` and `lyceum lab` run its program.
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "Server",
    products: [.executable(name: "lyceum-server", targets: ["lyceum-server"])],
    dependencies: [
        .package(path: "../LyceumKit"),
        .package(name: "lyceum", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        .target(
            name: "LyceumServer",
            dependencies: [
                .product(name: "LyceumKit", package: "LyceumKit"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Workbench", package: "lyceum"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "lyceum-server",
            dependencies: [
                "LyceumServer", .product(name: "Workbench", package: "lyceum"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .testTarget(
            name: "LyceumServerTests",
            dependencies: ["LyceumServer", "lyceum-server", .product(name: "Fuzzing", package: "lyceum")],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
