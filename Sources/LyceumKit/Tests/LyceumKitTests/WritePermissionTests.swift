import Glibc
import LyceumKit
import Testing

/// Where a sandbox may write.
@Suite struct WritePermissionTests {
    @Test("below the folder, symbolic links followed, and nowhere else")
    func below() throws {
        let root = "/tmp/lyceum-permission-\(getpid())"
        defer { Files.removeTree(root) }
        try Files.makeFolder(root + "/in/deep")
        try Files.makeFolder(root + "/in-side")
        symlink("../in-side", root + "/in/out")
        symlink("../in-side/new", root + "/in/dangling")
        symlink("deep", root + "/in/home")
        let permission = try WritePermission.below(folder: root + "/in/")
        for path in ["", "/a", "/deep/a", "/deep/../a", "/new/folder/a", "/home/a", "/deep/"] {
            #expect(throws: Never.self, "\(path)") { try permission.check(root + "/in" + path) }
        }
        for path in [
            "/a", "/in-side/a", "/in/../a", "/in/out/a", "/in/dangling", "/in/new/../../a", "/in/..",
            "/in/missing/..", "",
        ] {
            #expect(throws: LyceumError.self, "\(path)") { try permission.check(root + path) }
        }
        #expect(throws: LyceumError.self) { try permission.check("relative") }
        // A link may be removed where it stands, wherever it leads; what is behind it may not.
        #expect(throws: Never.self) { try permission.checkRemoving(root + "/in/out") }
        for path in ["/in/out/a", "/a", "/in/../a", "/in/..", "/in/out/."] {
            #expect(throws: LyceumError.self, "\(path)") { try permission.checkRemoving(root + path) }
        }
        #expect(throws: LyceumError.self) { try WritePermission.nowhere.check(root + "/in/a") }
        #expect(throws: Never.self) { try WritePermission.everywhere.check("/etc/passwd") }
        #expect(throws: LyceumError.self) { try WritePermission.below(folder: root + "/none") }
    }
}
