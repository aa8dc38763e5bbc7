import Glibc
import LyceumKit

/// Lets the user write in an editor of their own.
enum ExternalEditor {
    /// Opens a text in the editor.
    ///
    /// - Returns: what the user made of it.
    /// - Throws: `LyceumError` if the editor cannot be run or fails.
    static func edit(_ text: String) throws -> String {
        var template = Array("/tmp/lyceum-XXXXXX.lua".utf8CString)
        let descriptor = mkstemps(&template, 4)
        let path = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard descriptor >= 0 else {
            throw LyceumError.file(path: path, line: nil, problem: "cannot be made", remedy: "is /tmp full?")
        }
        defer { unlink(path) }
        Terminal.emit(text.isEmpty || text.hasSuffix("\n") ? text : text + "\n", to: descriptor)
        close(descriptor)
        try open(path)
        return try Files.readText(path)
    }

    /// Opens a file in the editor and waits for its end.
    ///
    /// - Throws: `LyceumError.failed`.
    static func open(_ path: String) throws {
        let command = Environment.value("VISUAL") ?? Environment.value("EDITOR") ?? "vi"
        // The command may have arguments of its own; the path reaches the shell as one.
        let arguments: [String] = ["/bin/sh", "-c", "\(command) \"$1\"", "sh", path]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        // Ctrl-C belongs to the editor now.
        let before = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, before) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        guard posix_spawn(&child, "/bin/sh", nil, &attributes, &words, environ) == 0 else {
            throw LyceumError.failed("/bin/sh cannot be run", remedy: nil)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw LyceumError.failed(
                "the editor '\(command)' failed", remedy: "set VISUAL or EDITOR to one that works")
        }
    }
}
