import ArgumentParser
import Glibc
import LyceumKit
import LyceumServer

/// What `lyceum serve` and `lyceum lab` hand their arguments to.
@main
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lyceum", abstract: "Serves students, and shows the lab.",
        subcommands: [ServeCommand.self, LabCommand.self])

    static func main() async {
        // Clients that go away are errors of a write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()
        keepMemory()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as LyceumError {
            report("lyceum: \(error)")
            Glibc.exit(1)
        } catch {
            let code = exitCode(for: error)
            if code == .validationFailure {
                report(fullMessage(for: error))
                Glibc.exit(2)
            }
            exit(withError: error)
        }
    }

    /// Writes a line to standard error.
    static func report(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    /// Has the allocator keep up to a gigabyte of what was freed: every reading of sources takes and frees the same tens of
    /// megabytes, and pages that went back to the system come with a kernel that fills them with zeros, a quarter of the
    /// processor time of a full batch.
    private static func keepMemory() {
        // Not in Glibc's module; the numbers are those of malloc.h.
        guard let address = dlsym(nil, "mallopt") else { return }
        let mallopt = unsafeBitCast(address, to: (@convention(c) (Int32, Int32) -> Int32).self)
        let (trimThreshold, mapMax, arenaMax): (Int32, Int32, Int32) = (-1, -4, -8)
        _ = mallopt(trimThreshold, 1 << 30)
        _ = mallopt(mapMax, 0)
        // Other arenas than the first give back what is large.
        _ = mallopt(arenaMax, 1)
    }

    /// A thousand half-open connections are not to keep others out.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Where a server listens, and for whom.
struct DoorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        name: .customLong("api-key"),
        help: ArgumentHelp(
            "Who asks must have this key; may be given several times. LYCEUM_API_KEY sets one out of sight of ps.",
            valueName: "key"))
    var keys: [String] = []

    @Flag(name: .customLong("no-auth"), help: "Listen beyond this machine without a key.")
    var isOpen = false

    /// The door.
    ///
    /// - Throws: `ValidationError` if it would stand open unasked.
    func door(port: Int) throws -> Serving.Door {
        guard (0...65535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535") }
        var door = Serving.Door()
        door.host = host
        door.port = port
        let named = Environment.value("LYCEUM_API_KEY") ?? ""
        door.keys = keys + (named.isEmpty ? [] : [named])
        if door.keys.contains("") { throw ValidationError("an --api-key is empty") }
        guard door.isLocal || !door.keys.isEmpty || isOpen else {
            throw ValidationError(
                "--host \(host) lets other machines in: give an --api-key (or LYCEUM_API_KEY), or --no-auth to let everybody in"
            )
        }
        return door
    }

    /// The address for a person to open.
    static func address(_ host: String, _ port: Int) -> String {
        let name = ["0.0.0.0", "::"].contains(host) ? "localhost" : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)"
    }
}

/// Returns the lab's folder.
struct LabFolderOptions: ParsableArguments {
    @Option(
        name: .customLong("lab"),
        help: ArgumentHelp(
            "The lab's folder; otherwise LYCEUM_LAB, or .lyceum of this folder.", valueName: "folder"))
    var path: String?

    /// The folder.
    var folder: String {
        let named = Environment.value("LYCEUM_LAB") ?? ""
        return path ?? (named.isEmpty ? ".lyceum" : named)
    }
}

/// What `lyceum` says of itself when it starts this program.
struct HostOptions: ParsableArguments {
    @Option(name: .customLong("lyceum"), help: .hidden)
    var executable: String?

    @Option(name: .customLong("plugin-folder"), help: .hidden)
    var pluginFolders: [String] = []

    /// The plugins that can be had.
    var plugins: Installation {
        Installation(executable: executable, folders: pluginFolders)
    }
}
