import ArgumentParser
import Console
import Glibc

Terminal.watchOutput()

// The exit statuses are 0, 1 (failure), 2 (usage) and 130 (interrupted); the parser's own for usage is 64.
do {
    var command = try LyceumCommand.parseAsRoot(
        LyceumCommand.prepared(Array(CommandLine.arguments.dropFirst())))
    try command.run()
} catch {
    let code = LyceumCommand.exitCode(for: error)
    if code == .validationFailure {
        Terminal.report(LyceumCommand.fullMessage(for: error))
        exit(2)
    }
    LyceumCommand.exit(withError: error)
}
