import Glibc
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
            let type = kind.template.type
            for name in [
                "Package.swift", "README.md", "Sources/\(module)/\(type).swift",
                "Sources/\(module)/Plugin.swift", "Tests/\(module)Tests/\(type)Tests.swift",
            ] {
                let text = String(decoding: try Files.read(Files.join(path, name)), as: UTF8.self)
                for mark in [
                    "PluginTemplates", "template\"", "SDK_FOLDER", "TYPE", "USAGE", "SOURCE", "// torch",
                ] {
                    #expect(!text.contains(mark), "\(name) still holds \(mark)")
                }
                #expect(!text.contains { $0 == "\t" } && text.hasSuffix("\n"))
            }
            func text(_ name: String) throws -> String {
                String(decoding: try Files.read(Files.join(path, name)), as: UTF8.self)
            }
            #expect(try text("Sources/\(module)/Plugin.swift").contains("register(\(type).registration)"))
            #expect(try text("Sources/\(module)/\(type).swift").contains("\"my-plugin\""))
            #expect(try text("Package.swift").contains("LyceumTorch\"") == kind.template.needsTorch)
            let again = #expect(throws: LyceumError.self) {
                try PluginPackage(id: "my-plugin", kind: kind, sdk: sdk).write(to: path)
            }
            #expect(again?.description.contains("is already there") == true)
        }
    }

    /// Of 75 lines each; its decoder keeps a cache and lets requests join and leave, which takes a third of it.
    @Test func theStudentFitsOnTwoScreens() {
        let lines = PluginTemplate.text(PluginTemplate.student.source).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 150)
    }

    @Test("the functions that the guide's section on copying shows are those of the template")
    func theGuideShowsTheTemplate() throws {
        let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
        let guide = String(decoding: try Files.read("\(root)/plugins/README.md"), as: UTF8.self)
        let section = try #require(guide.split(separator: "\n## ").first { $0.hasPrefix("Copying\n") })
        let template = PluginTemplate.text(PluginTemplate.copying.source)
        var shown = 0
        for part in section.split(separator: "private func ").dropFirst() {
            shown += 1
            let body = try #require(part.firstRange(of: "\n}\n"))
            let lines = ("private func " + part[..<body.upperBound]).split(separator: "\n").map {
                "    \($0)"
            }
            #expect(template.contains(lines.joined(separator: "\n")), "\(part)")
        }
        #expect(shown == 1)
        for line in ["copies: Bool { configuration.copies }", "copyingFrom: batch", "WordTokenizer.train("] {
            #expect(section.contains(line) && template.contains(line), "\(line)")
        }
    }

    @Test(arguments: ["", "My", "1st", "a b", "../x", "a/b", "ä", "-a", "a-", "t5"])
    func otherNamesAreRefused(id: String) throws {
        try withSDK { sdk, _ in
            #expect(throws: LyceumError.self) {
                try PluginPackage(id: id, kind: .student, sdk: sdk, taken: ["t5"])
            }
        }
    }

    @Test func aFolderWithoutModulesIsNotAnSDK() {
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
    /// What a manifest of one student promises.
    private func subject(_ folder: String) throws -> ContractSubject {
        let path = folder + "/plugin.json"
        try Files.write(
            """
            {"id": "x", "version": "1", "library": "libx.so", "summary": "s",
             "students": [{"id": "x", "tasks": ["generate"], "summary": "s"}], "metrics": [{"id": "m", "summary": "s"}]}
            """, to: path)
        let subjects = ContractSubject.all(of: try PluginManifest(path: path))
        #expect(subjects.map(\.title) == ["student 'x', generate", "metric 'm'"])
        return try #require(subjects.first)
    }

    @Test func aDeathBreaksTheClause() throws {
        try withSDK { _, folder in
            let verdict = try ContractTrial(executable: "/bin/false").verdict(
                on: "making", of: subject(folder), manifest: "y", limit: 60, job: .silent())
            #expect(verdict == .broken("the process ended by exit status 1"))
        }
    }

    @Test func whatNeverEndsBreaksTheClause() throws {
        try withSDK { _, folder in
            let program = folder + "/forever"
            try Files.write("#!/bin/sh\nexec sleep 600\n", to: program)
            #expect(chmod(program, 0o700) == 0)
            let verdict = try ContractTrial(executable: program).verdict(
                on: "making", of: subject(folder), manifest: "y", limit: 1, job: .silent())
            #expect(verdict == .broken("it did not end within 1 s (--limit SECONDS allows more)"))
        }
    }
}

@Suite struct CompilerOutputTests {
    @Test func errorsComeOnceWithTheirNotes() {
        var output = CompilerOutput()
        for line in [
            "a.swift:1:2: error: cannot find 'x' in scope", "  1 | x",
            "    | `- error: cannot find 'x' in scope",
            "a.swift:1:2: note: did you mean 'y'?", "a.swift:1:2: error: cannot find 'x' in scope",
            "b.swift:1:1: warning: never used",
        ] { output.add(line) }
        #expect(
            output.summary
                == "a.swift:1:2: error: cannot find 'x' in scope\na.swift:1:2: note: did you mean 'y'?")
        for number in 0..<30 { output.add("c.swift:\(number):1: error: wrong") }
        #expect(output.summary.hasSuffix("\n… and 11 more"))
    }

    @Test func aMovedFolderIsRecognised() {
        var output = CompilerOutput()
        output.add(
            "error: precompiled file 'x' was compiled with module cache path '/a', but the path is '/b'")
        #expect(output.remedy(package: "here")?.contains("remove here/.build") == true)
        #expect(CompilerOutput().remedy(package: "here") == nil)
    }
}

@Suite struct PluginHomeTests {
    @Test func onlyWhatABuildWroteIsRemoved() throws {
        try withSDK { _, folder in
            let place = folder + "/home/x"
            try Files.makeFolder(place)
            for name in ["plugin.json", "libx.so", "options.json"] {
                try Files.write(
                    "{\"id\": \"x\", \"version\": \"1\", \"library\": \"libx.so\", \"summary\": \"s\"}",
                    to: Files.join(place, name))
            }
            let home = PluginHome(folder: folder + "/home")
            try Files.write("mine", to: place + "/notes.txt")
            let error = #expect(throws: LyceumError.self) { try home.remove("x", others: []) }
            #expect(error?.description.contains("it also holds notes.txt") == true)
            #expect(Files.exists(place + "/libx.so"))
            Files.removeTree(place + "/notes.txt")
            #expect(try home.remove("x", others: []) == place && !Files.exists(place))
            for id in ["x", "", "..", "../sdk", "a/b"] {
                #expect(throws: LyceumError.self) { try home.remove(id, others: []) }
            }
            #expect(Files.exists(folder + "/sdk"))
        }
    }
}
