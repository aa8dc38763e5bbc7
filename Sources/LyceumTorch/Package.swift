// swift-tools-version: 6.2
// LyceumTorch: tensors, modules, training and decoding over libtorch. A package of its own so that the host and
// every neural plugin share one copy of it (a dynamic library of another package is linked once).
import PackageDescription

#if arch(arm64)
    let architecture = "aarch64"
#else
    let architecture = "x86_64"
#endif

/// The folder that holds libtorch's `include/` and `lib/`: `LIBTORCH`, or where `scripts/setup` unpacks it.
let libtorch: String = {
    if let chosen = Context.environment["LIBTORCH"], !chosen.isEmpty { return chosen }
    let cache =
        Context.environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        ?? (Context.environment["HOME"] ?? "") + "/.cache"
    return cache + "/lyceum/libtorch-2.11.0-\(architecture)/torch"
}()

/// libtorch's headers are system headers to us: their warnings are not ours. The wheel is built with the new C++
/// string ABI. Optimised even in debug builds: this is every operator's road.
let libtorchHeaders: [CXXSetting] = [
    .unsafeFlags([
        "-isystem", libtorch + "/include", "-isystem", libtorch + "/include/torch/csrc/api/include",
        "-D_GLIBCXX_USE_CXX11_ABI=1", "-O2",
    ]),
    .treatAllWarnings(as: .error),
]
let libtorchLibraries: [LinkerSetting] = [
    // An installation (scripts/install) brings libtorch along, next to this library.
    .unsafeFlags([
        "-L" + libtorch + "/lib", "-Xlinker", "-rpath=$ORIGIN/libtorch", "-Xlinker",
        "-rpath=" + libtorch + "/lib",
    ]),
    .linkedLibrary("torch_cpu"), .linkedLibrary("c10"), .linkedLibrary("stdc++"), .linkedLibrary("dl"),
]

let package = Package(
    name: "LyceumTorch",
    products: [
        .library(name: "LyceumTorch", type: .dynamic, targets: ["LyceumTorch"]),
        // For the tests of plugins: a second device on machines that have none.
        .library(name: "ExtensionDevice", targets: ["CExtensionDevice"]),
    ],
    dependencies: [.package(path: "../LyceumKit")],
    targets: [
        .target(
            // c10d's headers include gloo's, which the wheel leaves out: Gloo/ declares what they name.
            name: "CTorch", cxxSettings: libtorchHeaders + [.headerSearchPath("Gloo")],
            linkerSettings: libtorchLibraries),
        .target(
            name: "LyceumTorch",
            dependencies: ["CTorch", .product(name: "LyceumKit", package: "LyceumKit")],
            swiftSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "CExtensionDevice", path: "Tests/CExtensionDevice", cxxSettings: libtorchHeaders,
            linkerSettings: libtorchLibraries),
        .testTarget(
            name: "LyceumTorchTests",
            dependencies: [
                "LyceumTorch", "CExtensionDevice", .product(name: "LyceumKit", package: "LyceumKit"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: [.treatAllWarnings(as: .error)]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
