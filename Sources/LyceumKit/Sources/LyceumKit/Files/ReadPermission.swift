import Glibc
import Synchronization

// In a sandbox the file system's views of processes are hidden: they show the environment (and the keys in it), the
// memory and the open files of this process and of the user's others. Everything that opens a file for a script asks
// here first; the standard library's functions ask through the sandbox.
extension Files {
    private static let hidesProcesses = Atomic<Bool>(false)

    /// From now on this process does not read `/proc` and the like; cannot be undone.
    public static func hideProcesses() { hidesProcesses.store(true, ordering: .relaxed) }

    /// Makes sure that this process may read a file or folder.
    ///
    /// - Throws: `LyceumError.file`.
    public static func checkReadable(_ path: String) throws {
        if hidesProcesses.load(ordering: .relaxed) { try refuseProcesses(path) }
    }

    /// Makes sure that a path does not lead to the system's views of processes, whether they are hidden or not.
    ///
    /// - Throws: `LyceumError.file`.
    public static func refuseProcesses(_ path: String) throws {
        guard isViewOfProcesses(path) else { return }
        throw LyceumError.file(
            path: path, line: nil, problem: "may not be read",
            remedy: "a sandbox hides what the system shows of processes")
    }

    /// Whether a path leads into a file system that shows processes, under whatever name and through whatever links.
    ///
    /// The folder that holds the file counts too: `/dev/fd/3` is a file of another file system, yet named by a folder
    /// of this one.
    static func isViewOfProcesses(_ path: String) -> Bool {
        // A path with a zero byte is another path to the system.
        let path = String(path.prefix { $0 != "\0" })
        return [path, parent(of: trimmingSlashes(path))].contains { place in
            fileSystem(of: place.isEmpty ? "." : place).map(hiddenFileSystems.contains) ?? false
        }
    }

    private typealias StatFS =
        @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer) -> CInt

    /// glibc's statfs, which its Swift module leaves out.
    private static let statFS = dlsym(nil, "statfs").map { unsafeBitCast($0, to: StatFS.self) }

    /// The magic number of the file system that holds a file; nil if there is no such file.
    private static func fileSystem(of path: String) -> Int? {
        // struct statfs begins with the number and takes 120 bytes.
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { record in
            guard let start = record.baseAddress, statFS?(path, start) == 0 else { return nil }
            return record.loadUnaligned(as: Int.self)
        }
    }

    /// The magic numbers of procfs, sysfs, debugfs, tracefs and the secrets' ramfs-like securityfs (linux/magic.h).
    private static let hiddenFileSystems: Set<Int> = [
        0x9FA0, 0x6265_6572, 0x6462_6720, 0x7472_6163, 0x7363_6673,
    ]

    private static func trimmingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}
