import Foundation
import LyceumKit
import Testing

/// Nothing of ours removes or replaces what we did not write.
@Suite struct OthersFilesTests {
    private func text(_ path: String) throws -> String {
        String(decoding: try Files.read(path), as: UTF8.self)
    }

    private func save(_ path: String, _ files: [String: String]) throws {
        try Files.writeFolderAtomically(path) { folder in
            for (name, text) in files {
                try Files.makeFolder(Files.parent(of: Files.join(folder, name)))
                try Files.write(text, to: Files.join(folder, name))
            }
        }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("a save into a folder of somebody's leaves everything in it")
    func aSaveNextToOtherFiles() throws {
        try withTemporaryFolder { folder in
            let project = folder + "/proj"
            for name in ["src/a.py", ".git/HEAD", ".git/refs/heads/main", "empty/.keep"] {
                try Files.makeFolder(Files.parent(of: Files.join(project, name)))
                try Files.write(name, to: Files.join(project, name))
            }
            try Files.makeFolder(project + "/nothing")
            try save(project, ["config.json": "1", "old.txt": "1", "deep/er/x": "1"])
            try save(project, ["config.json": "2", "new.txt": "2"])
            for name in ["src/a.py", ".git/HEAD", ".git/refs/heads/main", "empty/.keep"] {
                #expect(try text(Files.join(project, name)) == name)
            }
            #expect(try text(project + "/config.json") == "2")
            #expect(Files.isFolder(project + "/nothing") && !Files.exists(project + "/deep"))
            #expect(
                Set(Files.list(project)) == [
                    "src", ".git", "empty", "nothing", "config.json", "new.txt", ".lyceum-files",
                ])
            #expect(Files.list(folder) == ["proj"])
        }
    }

    @Test("a file that is added to a save goes with the next one; somebody's own is not replaced")
    func aFileMore() throws {
        try withTemporaryFolder { folder in
            let saved = folder + "/saved"
            try save(saved, ["config.json": "1"])
            try Files.write("a", named: "more.txt", alsoInto: saved)
            try Files.write("b", named: "more.txt", alsoInto: saved)
            #expect(try text(saved + "/more.txt") == "b")
            try save(saved, ["config.json": "2"])
            #expect(Set(Files.list(saved)) == ["config.json", ".lyceum-files"])
            try Files.write("mine", to: saved + "/more.txt")
            #expect(throws: LyceumError.self) { try Files.write("c", named: "more.txt", alsoInto: saved) }
            #expect(try text(saved + "/more.txt") == "mine")
        }
    }

    @Test("a file of somebody's in the way is an error, and nothing changes", arguments: [true, false])
    func aFileInTheWay(isSaved: Bool) throws {
        try withTemporaryFolder { folder in
            let project = folder + "/proj"
            if isSaved { try save(project, ["model": "1"]) } else { try Files.makeFolder(project) }
            try Files.write("mine", to: project + "/config.json")
            let error = try #require(throws: LyceumError.self) {
                try save(project, ["config.json": "2", "model": "2"])
            }
            #expect(error.description.contains("'config.json'") && error.description.contains("name another"))
            #expect(throws: LyceumError.self) {
                try Files.checkFolder(project, canTake: ["config.json"])
            }
            #expect(try text(project + "/config.json") == "mine")
            #expect((try? text(project + "/model")) == (isSaved ? "1" : nil))
            #expect(Files.list(folder) == ["proj"])
        }
    }

    @Test("a folder with nothing of ours but a list that leads out of it")
    func aListIsNotBelieved() throws {
        try withTemporaryFolder { folder in
            try Files.write("keep", to: folder + "/outside")
            try save(folder + "/model", ["a": "1"])
            let list = try text(folder + "/model/.lyceum-files")
            let lies = "../outside\n\(folder)/outside\n./../outside\nlink/outside\n\n"
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/model/link", withDestinationPath: folder)
            try Files.write(list + lies, to: folder + "/model/.lyceum-files")
            #expect(throws: LyceumError.self) { try Files.removeWritten(folder + "/model") }
            try? save(folder + "/model", ["b": "2"])
            #expect(try text(folder + "/outside") == "keep")
        }
    }

    @Test("removing what we wrote leaves the rest")
    func removingWhatWeWrote() throws {
        try withTemporaryFolder { folder in
            try save(folder + "/a", ["x": "1", "deep/y": "1"])
            try save(folder + "/b", ["x": "1", "deep/y": "1"])
            try Files.write("note", to: folder + "/b/deep/note")
            try Files.removeWritten(folder + "/a")
            try Files.removeWritten(folder + "/b/")
            #expect(Files.list(folder) == ["b"] && Files.list(folder + "/b") == ["deep"])
            #expect(Files.list(folder + "/b/deep") == ["note"])
            // A folder that no save of ours wrote stays as it is.
            try Files.removeWritten(folder + "/b")
            #expect(Files.list(folder + "/b/deep") == ["note"])
        }
    }

    @Test("links are followed, modes kept: files, folders, files in folders")
    func linksAndModes() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder(folder + "/real")
            try Files.write("old", to: folder + "/real/file")
            chmod(folder + "/real/file", 0o640)
            symlink("real/file", folder + "/link")
            symlink("link", folder + "/second")
            symlink("real/later", folder + "/dangling")
            try Files.write("new", to: folder + "/second")
            try Files.write("made", to: folder + "/dangling")
            #expect(try text(folder + "/real/file") == "new" && mode(folder + "/real/file") == 0o640)
            #expect(try text(folder + "/real/later") == "made")
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "real/file")
            #expect(Set(Files.list(folder + "/real")) == ["file", "later"])

            try save(folder + "/real/model", ["a": "1", "b": "1"])
            chmod(folder + "/real/model", 0o750)
            chmod(folder + "/real/model/a", 0o600)
            symlink("real/model", folder + "/m")
            try save(folder + "/m/", ["a": "2", "b": "2", "c": "2"])
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/m") == "real/model")
            #expect(try text(folder + "/real/model/a") == "2" && mode(folder + "/real/model/a") == 0o600)
            #expect(mode(folder + "/real/model") == 0o750)
            // One file of ours moved to another disk.
            #expect(rename(folder + "/real/model/b", folder + "/real/b") == 0)
            symlink("../b", folder + "/real/model/b")
            try save(folder + "/m", ["a": "3", "b": "3"])
            #expect(try text(folder + "/real/b") == "3" && text(folder + "/real/model/b") == "3")
            #expect(!Files.exists(folder + "/real/model/c"))
            symlink("loop", folder + "/loop")
            #expect(throws: LyceumError.self) { try Files.write("x", to: folder + "/loop") }
        }
    }

    @Test("what is not a file is written, not replaced")
    func devices() throws {
        try Files.write("x", to: "/dev/null")
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        let error = #expect(throws: LyceumError.self) { try Files.write("x", to: "/dev/full") }
        #expect(error?.description.contains("No space left") == true)
    }

    @Test("removing below a folder never goes through a link")
    func removingBelow() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder(folder + "/lab/artifacts")
            try Files.makeFolder(folder + "/other/1")
            try Files.write("keep", to: folder + "/other/1/file")
            try Files.remove("artifacts/1", below: folder + "/lab")
            rmdir(folder + "/lab/artifacts")
            symlink("../other", folder + "/lab/artifacts")
            try Files.remove("artifacts/2", below: folder + "/lab")
            let error = #expect(throws: LyceumError.self) {
                try Files.remove("artifacts/1", below: folder + "/lab")
            }
            #expect(error?.description.contains("symbolic link") == true)
            #expect(throws: LyceumError.self) { try Files.remove("../other", below: folder + "/lab") }
            #expect(try text(folder + "/other/1/file") == "keep")
            // The link itself can go.
            try Files.remove("artifacts", below: folder + "/lab")
            #expect(Files.list(folder + "/lab").isEmpty && Files.list(folder + "/other") == ["1"])
        }
    }
}
