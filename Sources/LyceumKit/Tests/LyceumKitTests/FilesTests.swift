import Foundation
import LyceumKit
import Synchronization
import Testing

@Suite struct FilesTests {
    private struct Stop: Error {}

    @Test func readsWhatItWrote() throws {
        try withTemporaryFolder { folder in
            let path = Files.join(folder, "file")
            let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try Files.write(bytes, to: path)
            #expect(try Files.read(path) == bytes)
            try Files.write("", to: path)
            #expect(try Files.read(path).isEmpty)
            #expect(Files.list(folder) == ["file"])
        }
    }

    @Test func aFailedWriteLeavesTheOldFile() throws {
        try withTemporaryFolder { folder in
            let path = Files.join(folder, "file")
            try Files.write("old", to: path)
            #expect(throws: Stop.self) {
                try Files.writeAtomically(path) { write in
                    try Array("new".utf8).withUnsafeBytes { try write($0) }
                    throw Stop()
                }
            }
            #expect(String(decoding: try Files.read(path), as: UTF8.self) == "old")
            #expect(Files.list(folder) == ["file"])
        }
    }

    @Test func aFolderIsReplacedAsAWhole() throws {
        try withTemporaryFolder { folder in
            let path = Files.join(folder, "a/b")
            try Files.writeFolderAtomically(path + "/") { try Files.write("1", to: Files.join($0, "one")) }
            #expect(throws: Stop.self) {
                try Files.writeFolderAtomically(path) {
                    try Files.write("2", to: Files.join($0, "two"))
                    throw Stop()
                }
            }
            #expect(Set(Files.list(path)) == ["one", ".lyceum-files"])
            try Files.writeFolderAtomically(path) { try Files.write("2", to: Files.join($0, "two")) }
            #expect(Set(Files.list(path)) == ["two", ".lyceum-files"])
            #expect(Files.list(Files.parent(of: path)) == ["b"])
            let file = Files.join(folder, "file")
            try Files.write("x", to: file)
            let error = try #require(throws: LyceumError.self) {
                try Files.writeFolderAtomically(file) { _ in }
            }
            #expect(error.description == "\(file): is a file; name a folder")
            #expect(String(decoding: try Files.read(file), as: UTF8.self) == "x")
        }
    }

    /// Whoever looks while a folder is replaced sees the old or the new one: a kill at that moment leaves it.
    @Test func aFolderIsThereAtEveryMoment() throws {
        try withTemporaryFolder { folder in
            let path = Files.join(folder, "saved")
            try Files.writeFolderAtomically(path) { try Files.write("0", to: Files.join($0, "file")) }
            let isDone = Mutex(false)
            let looker = Thread {
                while !isDone.withLock({ $0 }) { #expect(Files.exists(path)) }
                isDone.withLock { $0 = false }
            }
            looker.start()
            for _ in 0..<30 {
                try Files.writeFolderAtomically(path) { try Files.write("1", to: Files.join($0, "file")) }
            }
            isDone.withLock { $0 = true }
            while isDone.withLock({ $0 }) { usleep(1000) }
            #expect(Files.list(folder) == ["saved"])
        }
    }

    @Test func errorsSayWhatToDo() throws {
        try withTemporaryFolder { folder in
            var error = try #require(throws: LyceumError.self) { try Files.read(folder) }
            #expect(error.description == "\(folder): is a folder; name a file in it")
            error = try #require(throws: LyceumError.self) { try Files.read(folder + "/none") }
            #expect(
                error.description
                    == "\(folder)/none: cannot be opened (No such file or directory); check the name and the current folder"
            )
            error = try #require(throws: LyceumError.self) { try Files.write("x", to: folder + "/no/file") }
            #expect(error.description.contains("cannot be written"))
            try Files.write("x", to: folder + "/file")
            #expect(throws: LyceumError.self) { try Files.makeFolder(folder + "/file/sub") }
        }
    }

    @Test func removingDoesNotFollowLinks() throws {
        try withTemporaryFolder { folder in
            let kept = Files.join(folder, "kept")
            let gone = Files.join(folder, "gone/deep")
            try Files.makeFolder(kept)
            try Files.makeFolder(gone)
            try Files.write("x", to: Files.join(kept, "file"))
            try FileManager.default.createSymbolicLink(
                atPath: Files.join(gone, "link"), withDestinationPath: kept)
            Files.removeTree(Files.join(folder, "gone"))
            #expect(!Files.exists(gone))
            #expect(Files.list(kept) == ["file"])
        }
    }

    @Test func paths() {
        #expect(Files.join("a", "b") == "a/b" && Files.join("a/", "b") == "a/b")
        #expect(Files.join("", "b") == "b" && Files.join("a", "/b") == "/b")
        #expect(
            Files.parent(of: "a/b/c") == "a/b" && Files.parent(of: "a") == "."
                && Files.parent(of: "/a") == "/")
    }
}
