/// The files that `lyceum plugin new` writes; `__ID__`, `__MODULE__` and `__SDK__` stand for what it is told.
enum PluginTemplate {
    /// The manifest and the calls that register, of one kind of plugin.
    struct Kind {
        let source: String
        let registration: String
        let manifest: String
        let test: String
        let usage: String
    }

    static let package = #"""
        // swift-tools-version: 6.2
        // A plugin of Lyceum: a dynamic library with its manifest, built against an installed Lyceum.
        import PackageDescription

        /// Where Lyceum lies. `lyceum plugin build` says so; an editor and `swift test` find it where it was when this
        /// package was made.
        let sdk = Context.environment["LYCEUM_SDK"] ?? "__SDK__"
        let modules = ["CLyceumPlugin", "CSimdjson", "CSentencePiece", "CTorch"]
            .flatMap { ["-Xcc", "-fmodule-map-file=\(sdk)/\($0).build/module.modulemap"] }
        let compiling: [SwiftSetting] = [.unsafeFlags(["-I", sdk + "/Modules"] + modules)]
        let linking: [LinkerSetting] = [
            .unsafeFlags(["-L", sdk, "-Xlinker", "-rpath=" + sdk]),
            .linkedLibrary("LyceumKit"), .linkedLibrary("LyceumTorch"),
        ]

        let package = Package(
            name: "__ID__",
            products: [.library(name: "__MODULE__", type: .dynamic, targets: ["__MODULE__"])],
            targets: [
                .target(
                    name: "__MODULE__", resources: [.copy("plugin.json")], swiftSettings: compiling,
                    linkerSettings: linking),
                .testTarget(
                    name: "__MODULE__Tests", dependencies: ["__MODULE__"], swiftSettings: compiling,
                    linkerSettings: linking),
            ],
            swiftLanguageModes: [.v6]
        )

        """#

    static let plugin = #"""
        import LyceumKit
        __IMPORT__
        /// The host's first call: what this plugin is.
        @c(lyceum_plugin_info)
        public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
            lyceum_plugin_describe(out, "__ID__", "0.1.0")
        }

        /// The host's second call: registers what plugin.json names.
        @c(lyceum_plugin_register)
        public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
            Registry.receive(host, identity) { registry in
                try registry.register(__MODULE__.registration)
            }
        }

        """#

    static let manifest = #"""
        {
          "id": "__ID__",
          "version": "0.1.0",
          "library": "lib__MODULE__.so",
          "summary": "__SUMMARY__",
        __BRINGS__
        }

        """#

    static let readme = #"""
        # __ID__

        A plugin of Lyceum. `Sources/__MODULE__/__MODULE__.swift` is what it does, `Plugin.swift` beside it registers it,
        `plugin.json` tells Lyceum of it without opening it.

        ```
        lyceum plugin build        # builds it and installs it for you
        lyceum plugin check __ID__
        swift test                 # the same checks, and whatever you add to Tests/
        ```

        At the prompt of Lyceum:

        ```lua
        __USAGE__
        ```

        An editor with a Swift language server understands the package as it is. It finds Lyceum where it was when this
        package was made; `LYCEUM_SDK=/path/to/lib/lyceum` names another.

        """#

    static let ignored = ".build/\n.swiftpm/\nPackage.resolved\n"

    static let studentKind = Kind(
        source: student,
        registration: #"""

            extension __MODULE__ {
                /// How students of this architecture are made, trained and loaded.
                static var registration: StudentArchitecture {
                    SequenceToSequenceStudent<__MODULE__>.registration(
                        modelTypes: ["__ID__"], summary: "a small encoder-decoder transformer", learningRate: 1e-3,
                        // What makes it small enough to be tried in a second.
                        trial: ["d_model": 16, "num_layers": 1])
                }
            }

            """#,
        manifest: #"""
              "students": [
                {
                  "id": "__ID__",
                  "aliases": [],
                  "model_types": ["__ID__"],
                  "tasks": ["generate"],
                  "summary": "a small encoder-decoder transformer"
                }
              ]
            """#,
        test: #"""
            import LyceumKit
            import Testing

            @testable import __MODULE__

            @Test(arguments: StudentContract.Clause.allCases)
            func keepsTheContract(clause: StudentContract.Clause) {
                for contract in StudentContract.all(of: __MODULE__.registration) {
                    for outcome in contract.run([clause]) { #expect(outcome.isKept, "\(outcome)") }
                }
            }

            """#,
        usage: #"""
            s = student.new("__ID__", { d_model = 64 })
            s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
            s "A text to summarise"
            help "__ID__"
            """#)
}
