// swift-tools-version: 6.2
// What every plugin links. A package of its own, because SwiftPM would otherwise link a second copy of it
// into each plugin, and a registry that exists twice is not a registry.
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "LyceumKit",
    products: [
        .library(name: "LyceumKit", type: .dynamic, targets: ["LyceumKit", "LyceumText"])
    ],
    targets: [
        // The C-level handshake between host and plugin: a frozen struct, no code to link.
        .target(name: "CLyceumPlugin"),
        // simdjson behind a C shim with one exception boundary.
        .target(
            name: "CSimdjson",
            cxxSettings: [.unsafeFlags(["-std=c++17", "-O2"])],
            linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]
        ),
        // SHA-1 and SHA-256 of libcrypto.
        .target(name: "CDigest", linkerSettings: [.linkedLibrary("crypto")]),
        // Records, options, errors, progress, the registry, the Student and Teacher protocols.
        .target(
            name: "LyceumKit", dependencies: ["CLyceumPlugin", "CSimdjson", "CDigest"], swiftSettings: strict),
        // sentencepiece behind a C shim with one exception boundary.
        .target(
            name: "CSentencePiece",
            cxxSettings: [.unsafeFlags(["-std=c++17", "-O2"])],
            linkerSettings: [
                .linkedLibrary("sentencepiece"), .linkedLibrary("sentencepiece_train"),
                .linkedLibrary("stdc++"),
            ]
        ),
        // Tokenizers.
        .target(name: "LyceumText", dependencies: ["LyceumKit", "CSentencePiece"], swiftSettings: strict),
        .testTarget(
            name: "LyceumKitTests", dependencies: ["LyceumKit"], resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "LyceumTextTests", dependencies: ["LyceumText"], resources: [.copy("Fixtures")],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
