import LyceumKit
import Testing

@testable import PluginTools

/// A folder with what `SDK` looks for; nothing is built against it here (scripts/plugin-test does).
@discardableResult private func withSDK<R>(_ body: (_ sdk: SDK, _ folder: String) throws -> R) throws -> R {
    let folder = "/tmp/lyceum-plugin-tests-\(UInt64.random(in: 0...UInt64.max))"
    defer { Files.removeTree(folder) }
    try Files.makeFolder(folder + "/sdk/Modules")
    for name in ["Modules/LyceumKit.swiftmodule", "libLyceumKit.so", "libLyceumTorch.so"] {
        try Files.write("", to: folder + "/sdk/" + name)
    }
    return try body(SDK(folder: folder + "/sdk"), folder)
}

@Suite struct PluginPackageTests {
    @Test(arguments: PluginPackage.Kind.allCases)
    func everyPlaceholderIsFilled(kind: PluginPackage.Kind) throws {
        try withSDK { sdk, folder in
            let path = folder + "/my-plugin"
            try PluginPackage(id: "my-plugin", kind: kind, sdk: sdk).write(to: path)
            let module = "MyPluginPlugin"
            for name in [
                "Package.swift", "README.md", "Sources/\(module)/\(module).swift",
                "Sources/\(module)/Plugin.swift",
                "Sources/\(module)/plugin.json", "Tests/\(module)Tests/\(module)Tests.swift",
            ] {
                let text = String(decoding: try Files.read(Files.join(path, name)), as: UTF8.self)
                #expect(!text.contains("__"), "\(name) still holds a placeholder")
                #expect(!text.contains { $0 == "\t" } && text.hasSuffix("\n"))
            }
            let manifest = try PluginManifest(path: path + "/Sources/\(module)/plugin.json")
            #expect(manifest.promises == ["\(kind.rawValue) 'my-plugin'"])
            #expect(manifest.library.hasSuffix("/libMyPluginPlugin.so"))
            let again = #expect(throws: LyceumError.self) {
                try PluginPackage(id: "my-plugin", kind: kind, sdk: sdk).write(to: path)
            }
            #expect(again?.description.contains("is there already") == true)
        }
    }

    @Test func theStudentFitsOnTwoScreens() {
        #expect(PluginTemplate.student.split(separator: "\n", omittingEmptySubsequences: false).count <= 121)
    }

    @Test(arguments: ["", "My", "1st", "a b", "../x", "a/b", "ä", "-a", "a-", "t5"])
    func otherNamesAreRefused(id: String) throws {
        try withSDK { sdk, _ in
            #expect(throws: LyceumError.self) {
                try PluginPackage(id: id, kind: .student, sdk: sdk, taken: ["t5"])
            }
        }
    }

    @Test func aFolderWithoutModulesIsNoSDK() {
        let error = #expect(throws: LyceumError.self) { try SDK(folder: "/nowhere") }
        #expect(error?.description.contains("scripts/install") == true)
    }
}

@Suite struct ChildProcessTests {
    @Test func tellsStatusAndSignal() throws {
        var lines: [String] = []
        let echo = ChildProcess(
            command: ["/bin/sh", "-c", "echo one; echo two >&2; printf \"$NAME\"; exit 3"],
            environment: ["NAME": "three"])
        #expect(try echo.run(job: .silent()) { lines.append($0) } == .init(status: 3, signal: nil))
        #expect(lines == ["one", "two", "three"])
        let killed = ChildProcess(command: ["/bin/sh", "-c", "kill -ILL $$"])
        let ending = try killed.run(job: .silent()) { _ in }
        #expect(ending == .init(status: nil, signal: 4))
        #expect(ending.description == "signal 4 (Illegal instruction)")
        #expect(throws: LyceumError.self) {
            try ChildProcess(command: ["/nowhere/program"]).run(job: .silent()) { _ in }
        }
    }

    @Test func aCancelledJobEndsIt() throws {
        let job = Job.silent()
        let child = ChildProcess(command: ["/bin/sh", "-c", "echo ready; exec sleep 60"])
        let error = #expect(throws: LyceumError.self) { try child.run(job: job) { _ in job.cancel() } }
        #expect(error?.description == "interrupted")
    }
}

@Suite struct ContractTrialTests {
    @Test func aDeathBreaksTheClause() throws {
        let trial = ContractTrial(executable: "/bin/false")
        let verdict = try trial.verdict(
            on: .making, task: .generate, student: "x", manifest: "y", job: .silent())
        #expect(verdict == .broken("the process ended by exit status 1"))
    }
}
