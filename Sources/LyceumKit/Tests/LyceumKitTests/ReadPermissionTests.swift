import Glibc
import Testing

@testable import LyceumKit

/// What a sandbox hides of the file system. The permission itself is the process's: scripts/sandbox tests try it.
@Suite struct ReadPermissionTests {
    @Test(
        "the system's views of processes are recognised under every name",
        arguments: [
            "/proc/self/environ", "/proc/self/../self/environ", "//proc//self/environ",
            "/proc/thread-self/environ",
            "/proc/1/cmdline", "/proc/self/fd/0", "/dev/fd/0", "/dev/fd/", "/proc", "/proc/",
            "/proc/self/no-such-file",
            "/dev/../proc/self/maps", "/sys/kernel", "/proc/self/environ\0.jsonl",
        ])
    func hidden(path: String) { #expect(Files.isViewOfProcesses(path)) }

    @Test("so are links to them, and to their folders")
    func links() throws {
        let folder = "/tmp/lyceum-read-\(getpid())"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        symlink("/proc/self", folder + "/me")
        symlink(folder + "/me/environ", folder + "/data.jsonl")
        #expect(Files.isViewOfProcesses(folder + "/me/environ"))
        #expect(Files.isViewOfProcesses(folder + "/data.jsonl"))
        try Files.write("x", to: folder + "/plain")
        #expect(!Files.isViewOfProcesses(folder + "/plain"))
    }

    @Test(
        "other files are not",
        arguments: ["/etc/hostname", "/dev/null", "/tmp", "/", "", "no/such/file", "x"])
    func ordinary(path: String) { #expect(!Files.isViewOfProcesses(path)) }
}
