import ArgumentParser
import Console
import Glibc
import LyceumKit

/// `lyceum serve` and `lyceum lab` are a program of their own, `lyceum-server`: what HTTP needs would otherwise be built and
/// started with every prompt. It stands next to this program, or in the checkout's build folder, where it is built
/// when it is first asked for.
enum ServerProgram {
    static let name = "lyceum-server"

    /// Becomes the server.
    ///
    /// - Parameters:
    ///   - command: "serve" or "lab".
    ///   - arguments: as the user wrote them.
    /// - Throws: `LyceumError.failed` if there is no server and none can be built.
    static func run(_ command: String, _ arguments: [String]) throws {
        let path = try find()
        let folders = Program.pluginFolders().flatMap { ["--plugin-folder", $0] }
        let asksForHelp = arguments.contains { $0 == "--help" || $0 == "-h" }
        let own = asksForHelp ? [] : ["--lyceum", Program.executable] + folders
        var words: [UnsafeMutablePointer<CChar>?] =
            ([path, command] + arguments + own).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        execv(path, &words)
        throw LyceumError.failed(
            "\(path) cannot be started: \(String(cString: strerror(errno)))",
            remedy: "build it again: scripts/serve --build")
    }

    /// Where the server is; in a checkout it is brought up to date first.
    private static func find() throws -> String {
        let installed = Program.executableFolder + "/" + name
        if access(installed, X_OK) == 0 { return installed }
        guard let root = checkout, case let script = root + "/scripts/serve", access(script, X_OK) == 0 else {
            throw LyceumError.failed(
                "this installation has no server",
                remedy: "in the checkout, run scripts/serve --build and scripts/install again")
        }
        let built = root + "/.build/server/release/" + name
        var process: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = [strdup(script), strdup("--build"), nil]
        defer { for word in words { free(word) } }
        let code = posix_spawn(&process, script, nil, nil, &words, environ)
        var status: Int32 = 0
        while code == 0, waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard code == 0, status == 0, access(built, X_OK) == 0 else {
            throw LyceumError.failed("the server could not be built", remedy: "\(script) --build says why")
        }
        return built
    }
}

extension ServerProgram {
    /// The checkout whose build folder this program lies in.
    private static var checkout: String? {
        var folder = Program.executableFolder
        for _ in 0..<6 {
            folder = Files.parent(of: folder)
            if Files.exists(folder + "/Sources/Server/Package.swift") { return folder }
        }
        return nil
    }
}

/// `lyceum serve`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve students behind an API like OpenAI's.",
        usage: "lyceum serve FOLDER [FOLDER …] [--port 8000] …   (lyceum serve --help names all options)")

    @Argument(parsing: .captureForPassthrough, help: "See lyceum serve --help.")
    var arguments: [String] = []

    func run() throws { try PluginCommand.reporting { try ServerProgram.run("serve", arguments) } }
}

/// `lyceum lab`.
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Show the lab in a browser, live.",
        usage: "lyceum lab [--lab FOLDER] [--port 8001] …   (lyceum lab --help names all options)")

    @Argument(parsing: .captureForPassthrough, help: "See lyceum lab --help.")
    var arguments: [String] = []

    func run() throws { try PluginCommand.reporting { try ServerProgram.run("lab", arguments) } }
}
