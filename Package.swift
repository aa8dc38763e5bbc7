// swift-tools-version: 6.2
// The application: one executable, its modules, the built-in plugins.
//
// LyceumKit and LyceumTorch are packages of their own, so that each exists once in a process however many
// plugins link it (see Sources/LyceumKit/Package.swift). The application never links LyceumTorch: libtorch is
// loaded only when a neural plugin is opened.
//
// Targets stand in the order of the road a record takes, each followed by its tests at the end of the list.
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let kit: Target.Dependency = .product(name: "LyceumKit", package: "LyceumKit")
let torch: Target.Dependency = .product(name: "LyceumTorch", package: "LyceumTorch")
/// A device next to the CPU on every machine, for tests.
let extensionDevice: Target.Dependency = .product(name: "ExtensionDevice", package: "LyceumTorch")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

/// A module of the application.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: [kit] + dependencies, exclude: ["README.md"], swiftSettings: strict)
}

/// The tests of a module.
func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
    // SwiftPM links all tests into one program. Every plugin defines the functions that the host looks up by name,
    // so there is one of each too many; nobody calls them there.
    .testTarget(
        name: name, dependencies: [kit] + dependencies, resources: fixtures ? [.copy("Fixtures")] : [],
        swiftSettings: strict, linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "muldefs"])])
}

/// A neural plugin: a dynamic library with its manifest.
func plugin(_ name: String) -> Target {
    .target(
        name: name, dependencies: [kit, torch], path: "plugins/\(name)", exclude: ["README.md"],
        resources: [.copy("plugin.json")], swiftSettings: strict)
}

/// What `lyceum plugin new` writes.
let templates =
    ["Package.swift.txt", "Plugin.swift.txt", "README.md.txt"]
    + ["Student", "Recurrent", "Copying", "Classifier", "Teacher", "Metric", "Format"]
    .flatMap { ["Sources/\($0).swift", "Tests/\($0)Tests.swift", "Usage/\($0).lua"] }

let package = Package(
    name: "lyceum",
    products: [
        .executable(name: "lyceum", targets: ["lyceum"]),
        .library(name: "T5", type: .dynamic, targets: ["T5"]),
        .library(name: "BART", type: .dynamic, targets: ["BART"]),
        .library(name: "LSTM", type: .dynamic, targets: ["LSTM"]),
        .library(name: "BERT", type: .dynamic, targets: ["BERT"]),
        .library(name: "GBDT", type: .dynamic, targets: ["GBDT"]),
        // What the server stands on, a package of its own (Sources/Server).
        .library(name: "Workbench", targets: ["Workbench", "Prompting", "PluginTools", "Lab"]),
        .library(name: "Fuzzing", targets: ["Fuzzing"]),
    ],
    dependencies: [
        .package(path: "Sources/LyceumKit"),
        .package(path: "Sources/LyceumTorch"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        // The helper's source goes along in the program, which builds it when it meets its first Parquet file.
        .target(
            name: "Parquet", dependencies: [kit],
            resources: [.embedInCode("Helper/lyceum-parquet.cpp"), .embedInCode("Helper/setup")],
            swiftSettings: strict),
        module("Corpus", ["CZlib", "Parquet"]),
        module("Prompting", []),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        // Opens ICU's library when it meets its first pattern; nothing to link.
        .target(name: "CRegex", linkerSettings: [.linkedLibrary("dl")]),
        module("HTTP", ["CCurl"]),
        module("Hub", ["HTTP", "CCurl"]),
        .target(
            name: "Teaching", dependencies: [kit, "CCurl", "CRegex", "HTTP"], exclude: ["README.md"],
            resources: [.embedInCode("Prices/prices.json")],
            swiftSettings: strict),
        module("Evaluation", []),
        .target(name: "CLab", linkerSettings: [.linkedLibrary("sqlite3")]),
        module("Lab", ["CLab", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        .target(name: "CLua", linkerSettings: [.linkedLibrary("lua5.4")]),
        .target(
            name: "LuaBridge", dependencies: [kit, "CLua"], exclude: ["README.md"],
            resources: [.embedInCode("sandbox.lua")],
            swiftSettings: strict),
        .target(
            name: "PluginTools", dependencies: [kit],
            resources: templates.map { .embedInCode("Templates/" + $0) },
            swiftSettings: strict),
        // What `lyceum plugin new` writes, built and tested as it is.
        .target(
            name: "PluginTemplates", dependencies: [kit, torch],
            path: "Sources/PluginTools/Templates/Sources",
            swiftSettings: strict),
        // The work of the program without Lua: it must never depend on LuaBridge.
        .target(
            name: "Workbench",
            dependencies: [kit, "CZlib", "Corpus", "Prompting", "Teaching", "Evaluation", "Lab"],
            exclude: ["README.md"], swiftSettings: strict),
        module(
            "Scripting",
            [
                "LuaBridge", "PluginTools", "Workbench", "Corpus", "Prompting", "Teaching", "Evaluation",
                "Lab", "Hub",
            ]),
        .target(name: "CReadline", linkerSettings: [.linkedLibrary("readline")]),
        module("Console", ["LuaBridge", "CReadline"]),
        .executableTarget(
            name: "lyceum",
            dependencies: [
                kit, "Console", "Hub", "PluginTools", "Scripting", "Teaching", "Workbench",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        plugin("T5"),
        plugin("BART"),
        plugin("LSTM"),
        plugin("BERT"),
        .systemLibrary(
            name: "CXGBoost", path: "plugins/GBDT/CXGBoost", providers: [.apt(["libxgboost-dev"])]),
        .target(
            name: "GBDT", dependencies: [kit, "CXGBoost"], path: "plugins/GBDT",
            exclude: ["README.md", "CXGBoost"], sources: ["Sources"], resources: [.copy("plugin.json")],
            swiftSettings: strict),
        tests("CorpusTests", ["Corpus", "TestSupport"], fixtures: true),
        tests(
            "HubTests",
            ["Hub", "TestServers", "TestSupport", "Scripting", "Workbench", "LuaBridge", "Corpus"],
            fixtures: true),
        tests("PromptingTests", ["Prompting"], fixtures: true),
        // What tests share: folders that go away, students that learn in seconds, jobs that cancel themselves.
        .target(
            name: "TestSupport", dependencies: [kit], path: "Tests/TestSupport", swiftSettings: strict),
        // What every network's tests are made of: parity with a reference, devices, recorded trainings.
        .target(
            name: "NetworkTesting", dependencies: [kit, torch, extensionDevice, "TestSupport"],
            path: "Tests/NetworkTesting", swiftSettings: strict),
        // Servers on this machine that do as a test tells them to.
        .target(
            name: "TestServers", dependencies: [kit], path: "Tests/TestServers", swiftSettings: strict),
        tests("TeachingTests", ["Teaching", "HTTP", "TestServers"], fixtures: true),
        tests("EvaluationTests", ["Evaluation"], fixtures: true),
        tests("LabTests", ["Lab", grdb]),
        tests("LuaBridgeTests", ["LuaBridge"]),
        tests("PluginToolsTests", ["PluginTools"]),
        .testTarget(
            name: "PluginTemplatesTests", dependencies: [kit, torch, "PluginTemplates"],
            path: "Sources/PluginTools/Templates/Tests", swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "muldefs"])]),
        tests(
            "WorkbenchTests",
            [
                "Workbench", "CZlib", "Corpus", "Evaluation", "Prompting", "Teaching", "Lab", "TestServers",
                grdb,
            ]),
        tests(
            "ScriptingTests",
            [
                "Scripting", "Hub", "Workbench", "Teaching", "LuaBridge", "Lab", "TestServers", "TestSupport",
                grdb,
            ]),
        tests("ConsoleTests", ["Console", "TestSupport"]),
        tests("T5Tests", ["T5", torch, "NetworkTesting", "TestSupport"], fixtures: true),
        tests("BARTTests", ["BART", torch, "NetworkTesting", "TestSupport"], fixtures: true),
        tests("LSTMTests", ["LSTM", torch, "NetworkTesting", "TestSupport"], fixtures: true),
        tests(
            "BERTTests", ["BERT", "Evaluation", torch, "NetworkTesting", "TestSupport"], fixtures: true),
        tests("GBDTTests", ["GBDT", "TestSupport"], fixtures: true),
        // What tries mutated inputs; the server's tests use it, too.
        .target(name: "Fuzzing", dependencies: [kit], path: "Tests/Fuzzing", swiftSettings: strict),
        tests(
            "FuzzTests",
            [
                "Fuzzing", "Corpus", "Parquet", "Prompting", "Teaching", "Lab", "LuaBridge", "Scripting",
                "Workbench",
            ]),
        tests("EndToEndTests", ["LuaBridge", "TestServers", torch]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
