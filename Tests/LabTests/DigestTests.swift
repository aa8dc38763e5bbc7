import Glibc
import LyceumKit
import Testing

@testable import Lab

@Suite struct DigestTests {
    /// FIPS 180-4's examples, published by NIST.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func publishedHashes(_ text: String, _ expected: String) {
        #expect(SHA256.hash(text).hexadecimal == expected)
    }

    @Test func pieces() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let whole = hash([bytes])
        for cut in [0, 1, 55, 56, 63, 64, 65, 119, 128, 300] {
            #expect(hash([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
    }

    @Test func filesAndFolders() throws {
        let folder = TemporaryFolder()
        try Files.makeFolder(folder.file("model/inner"))
        try Files.write("abc", to: folder.file("model/inner/b"))
        try Files.write("", to: folder.file("model/a"))
        let file = try ContentDigest(of: folder.file("model/inner/b"))
        #expect(file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(file.byteCount == 3)
        // What `cd model; sha256sum a inner/b | sha256sum` prints.
        let whole = try ContentDigest(of: folder.file("model"))
        #expect(whole.sha256 == "137992f1a847c8610d40d8b77cf3312f40a743237560afd2c7095b65aa069596")
        #expect(whole.byteCount == 3)
        #expect(throws: LyceumError.self) { try ContentDigest(of: folder.file("missing")) }
    }

    private func hash(_ pieces: [[UInt8]]) -> [UInt8] {
        var hash = SHA256()
        for piece in pieces { piece.withUnsafeBytes { hash.update($0) } }
        return hash.finish()
    }
}

@Suite struct TimestampTests {
    /// Seconds as `date -u -d … +%s` gives them.
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_827_696_001, "2000-02-29T12:34:56.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func text(_ milliseconds: Int, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).text == text)
        #expect(Timestamp(text: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test func refusesOtherTexts() {
        for text in ["", "yesterday", "2000-02-28", "2000-02-28T23:59:59.999", "1-1-1T1:1:1.1Z"] {
            #expect(Timestamp(text: text) == nil)
        }
    }
}

@Suite struct GitCommitTests {
    private let commit = "8add252c0ffee8add252c0ffee8add252c0ffee1"

    @Test func looseAndPackedAndDetached() throws {
        let folder = TemporaryFolder()
        try Files.makeFolder(folder.file("work/deep/down"))
        #expect(GitCommit.current(in: folder.file("work/deep/down")) == nil)
        try Files.makeFolder(folder.file("work/.git/refs/heads"))
        try Files.write("ref: refs/heads/main\n", to: folder.file("work/.git/HEAD"))
        #expect(GitCommit.current(in: folder.file("work")) == nil)
        try Files.write(
            "# pack-refs with: peeled\n\(commit) refs/heads/main\n", to: folder.file("work/.git/packed-refs"))
        #expect(GitCommit.current(in: folder.file("work/deep/down")) == commit)
        let other = String(commit.reversed())
        try Files.write(other + "\n", to: folder.file("work/.git/refs/heads/main"))
        #expect(GitCommit.current(in: folder.file("work")) == other)
        try Files.write(commit + "\n", to: folder.file("work/.git/HEAD"))
        #expect(GitCommit.current(in: folder.file("work")) == commit)
    }

    @Test func linkedWorktree() throws {
        let folder = TemporaryFolder()
        try Files.makeFolder(folder.file("main/.git/refs/heads"))
        try Files.makeFolder(folder.file("main/.git/worktrees/side"))
        try Files.makeFolder(folder.file("side"))
        try Files.write("gitdir: ../main/.git/worktrees/side\n", to: folder.file("side/.git"))
        try Files.write("ref: refs/heads/side\n", to: folder.file("main/.git/worktrees/side/HEAD"))
        try Files.write("../..\n", to: folder.file("main/.git/worktrees/side/commondir"))
        try Files.write(commit + "\n", to: folder.file("main/.git/refs/heads/side"))
        #expect(GitCommit.current(in: folder.file("side")) == commit)
    }
}
