import Foundation
import LyceumKit
import Testing

@Suite struct PluginHostTests {
    private static func manifest(_ id: String, library: String, student: String) -> String {
        """
        {"id": "\(id)", "version": "1.0", "library": "\(library)", "summary": "s",
         "students": [{"id": "\(student)", "aliases": ["\(student)-alias"], "model_types": ["\(student)-type"],
                       "tasks": ["generate", "dance"], "summary": "a student"}]}
        """
    }

    /// Lays a plugin's manifest where SwiftPM would.
    private func install(_ id: String, in folder: String, student: String = "probe") throws {
        let resources = Files.join(folder, "Pack_\(id).resources")
        try Files.makeFolder(resources)
        try Files.write(
            Self.manifest(id, library: "lib\(id).so", student: student),
            to: Files.join(resources, "plugin.json"))
    }

    @Test func listsWithoutOpening() throws {
        try withTemporaryFolder { folder in
            try install("b", in: folder, student: "two")
            try install("a", in: folder, student: "one")
            let host = PluginHost(folders: [folder, folder, folder + "/none"])
            #expect(host.plugins.map(\.manifest?.id) == ["a", "b"])
            #expect(host.students.map(\.id) == ["one", "two"])
            #expect(host.students.first?.tasks == [.generate])
            #expect(host.plugins.allSatisfy { !$0.isOpen && $0.refusal == nil })
        }
    }

    @Test func theFirstOfAnIDWins() throws {
        try withTemporaryFolder { folder in
            try install("a", in: folder + "/1", student: "one")
            try install("a", in: folder + "/2", student: "other")
            let host = PluginHost(folders: [folder + "/1", folder + "/2"])
            #expect(host.students.map(\.id) == ["one"])
            #expect(host.plugins.last?.refusal?.hasPrefix("a plugin of the id 'a' is already at ") == true)
            #expect(throws: LyceumError.self) { try host.student(named: "other") }
        }
    }

    @Test func aNameIsBroughtOnce() throws {
        try withTemporaryFolder { folder in
            try install("a", in: folder, student: "one")
            try install("b", in: folder, student: "one")
            let host = PluginHost(folders: [folder])
            #expect(host.students.map(\.id) == ["one"])
            let refusal = host.plugins.last?.refusal ?? ""
            #expect(
                refusal.hasPrefix("its student 'one' is already brought by plugin 'a' at \(folder)/"),
                "\(refusal)")
        }
    }

    @Test func onlyTheChosenAreUsed() throws {
        try withTemporaryFolder { folder in
            try install("a", in: folder, student: "one")
            try install("b", in: folder, student: "two")
            let host = PluginHost(folders: [folder], choice: .only(["b", "c"], by: "LYCEUM_PLUGINS"))
            #expect(host.students.map(\.id) == ["two"])
            #expect(host.missing == ["c"])
            let error = try #require(throws: LyceumError.self) { try host.student(named: "one") }
            #expect(error.description.contains("left out by LYCEUM_PLUGINS"))
            #expect(PluginHost(folders: [folder], choice: .only([], by: "--no-plugins")).students.isEmpty)
        }
    }

    @Test func aProbeThatObjectsKeepsTheLibraryClosed() throws {
        try withTemporaryFolder { folder in
            try install("gone", in: folder)
            try Files.write(try Files.read("/proc/self/exe").prefix(64) + [], to: folder + "/libgone.so")
            let host = PluginHost(folders: [folder]) { manifest in
                throw LyceumError.plugin(path: manifest.library, problem: "it dies", remedy: nil)
            }
            let error = try #require(throws: LyceumError.self) { try host.student(named: "probe") }
            #expect(error.description.contains("it dies"))
            #expect(host.plugins.first?.refusal == "it dies" && host.plugins.first?.isOpen == false)
        }
    }

    @Test func otherMachinesAreNamed() throws {
        try withTemporaryFolder { folder in
            try install("arm", in: folder)
            var head = Array(try Files.read("/proc/self/exe").prefix(64))
            (head[18], head[19]) = (243, 0)
            try Files.write(head, to: folder + "/libarm.so")
            let error = try #require(throws: LyceumError.self) {
                try PluginHost(folders: [folder]).student(named: "probe")
            }
            #expect(error.description.contains("it is built for riscv, this is "), "\(error)")
        }
    }

    @Test func aRebuiltManifestIsReadAnew() throws {
        try withTemporaryFolder { folder in
            try install("a", in: folder, student: "one")
            let host = PluginHost(folders: [folder])
            try install("a", in: folder, student: "other")
            let path = try #require(host.plugins.first).path
            #expect(host.refresh(path).manifest?.students.map(\.id) == ["other"])
            #expect(host.students.map(\.id) == ["other"] && host.plugins.count == 1)
        }
    }

    @Test func brokenManifestsAreListedAsRefused() throws {
        try withTemporaryFolder { folder in
            let resources = Files.join(folder, "P_x.resources")
            try Files.makeFolder(resources)
            try Files.write("{\"id\": \"x\"}", to: Files.join(resources, "plugin.json"))
            let host = PluginHost(folders: [folder])
            #expect(
                host.plugins.first?.refusal?.contains("the field 'version' is missing or not a string")
                    == true)
            let error = try #require(throws: LyceumError.self) { try host.student(named: "t6") }
            #expect(error.description == "unknown student architecture 't6'; see student.list()")
        }
    }

    @Test func missingAndForeignLibrariesAreRefused() throws {
        try withTemporaryFolder { folder in
            try install("gone", in: folder, student: "gone")
            try install("text", in: folder, student: "text")
            try Files.write("no library", to: Files.join(folder, "libtext.so"))
            let host = PluginHost(folders: [folder])
            let gone = try #require(throws: LyceumError.self) { try host.student(named: "gone") }
            #expect(gone.description.contains("its library is missing; rebuild it, or remove"))
            let text = try #require(throws: LyceumError.self) { try host.student(modelType: "text-type") }
            #expect(text.description.contains("it is not an ELF library"))
            #expect(host.plugins.allSatisfy { $0.refusal != nil })
            #expect(host.students.isEmpty)
        }
    }

    /// An architecture that no plugin reads says what it is; one that a plugin would read says why that is not used.
    @Test func checkpointsWithoutAPlugin() throws {
        try withTemporaryFolder { folder in
            try install("text", in: folder, student: "text")
            func problem(_ type: String, _ choice: PluginHost.Choice) throws -> String {
                let host = PluginHost(folders: [folder], choice: choice)
                return try #require(throws: LyceumError.self) { try host.student(modelType: type) }
                    .description
            }
            let left = try problem("text-type", .only([], by: "LYCEUM_PLUGINS"))
            #expect(
                left.contains(
                    "reads checkpoints of the model_type 'text-type', but cannot be used: left out by"))
            let relative = try problem("distilbert", .all)
            #expect(
                relative.contains(
                    "no plugin reads checkpoints of the model_type 'distilbert': it is an encoder, like BERT")
            )
            #expect(
                relative.contains(
                    "those that are read are text-type; a plugin of its own would read it (lyceum plugin new)"
                ))
            #expect(
                try problem("odd", .all).hasPrefix(
                    "no plugin reads checkpoints of the model_type 'odd'; those"))
        }
    }

    /// A compiler for C, if this machine has one.
    private static let compiler = ["clang", "cc", "gcc"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        }
        .first(where: FileManager.default.isExecutableFile(atPath:))

    @Test(
        .enabled(if: compiler != nil, "needs a C compiler"),
        arguments: [
            (nil, nil, LYCEUM_REGISTER_OK, "it registers nothing"),
            (
                999, nil, LYCEUM_REGISTER_OK,
                "it was built for plugin API 999, this is \(LYCEUM_PLUGIN_API_VERSION)"
            ),
            (nil, "Other 1.0", LYCEUM_REGISTER_OK, "it was built by compiler 'Other 1.0', Lyceum by '"),
            (nil, nil, LYCEUM_REGISTER_OTHER_KIT, "it carries its own copy of LyceumKit"),
            (nil, nil, LYCEUM_REGISTER_FAILED, "it failed to register: no reason"),
        ] as [(Int?, String?, lyceum_register_status_t, String)])
    func theHandshakeComesFirst(
        api: Int?, compiler: String?, status: lyceum_register_status_t, refusal: String
    ) throws {
        try withTemporaryFolder { folder in
            try install("probe", in: folder)
            try compile(
                into: Files.join(folder, "libprobe.so"), api: api ?? Int(LYCEUM_PLUGIN_API_VERSION),
                compiler: compiler ?? String(cString: lyceum_compiler_version()), status: status)
            let host = PluginHost(folders: [folder])
            let error = try #require(throws: LyceumError.self) { try host.student(named: "probe-alias") }
            #expect(error.description.contains(refusal), "\(error)")
            let again = try #require(throws: LyceumError.self) { try host.student(named: "probe") }
            #expect(again.description.contains(refusal), "\(again)")
        }
    }

    private func compile(into library: String, api: Int, compiler: String, status: lyceum_register_status_t)
        throws
    {
        let source = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/probe.c").path
        // The header as it lies in the sources.
        let headers = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/CLyceumPlugin/include").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.compiler))
        process.arguments = [
            "-std=c2x", "-shared", "-fPIC", "-I", headers, "-DAPI_VERSION=\(api)",
            "-DCOMPILER=\(JSON.encode(.string(compiler)))", "-DSTATUS=\(status.rawValue)", source, "-o",
            library,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
