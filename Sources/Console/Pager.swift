import Glibc
import LyceumKit

/// Shows long pages: through `$PAGER`, or `less`, where a person sits before a screen that is too small for them.
public enum Pager {
    /// Writes a page to standard output, through a pager if it is longer than the screen.
    public static func show(_ text: String, on terminal: Terminal) {
        let page = text.hasSuffix("\n") ? text : text + "\n"
        let lines = page.utf8.count { $0 == UInt8(ascii: "\n") }
        guard terminal.isInputInteractive, terminal.isOutputInteractive, let height = Terminal.height,
            lines >= height, Environment.value("TERM") != "dumb", let command, send(page, to: command)
        else { return Terminal.write(page) }
    }

    /// What shows pages; nil if there is nothing, or `PAGER` is empty.
    private static var command: String? {
        if let named = Environment.value("PAGER") { return named.isEmpty ? nil : named }
        let folders = (Environment.value("PATH") ?? "").split(separator: ":").map(String.init)
        // -F leaves at once where the page fits after all, -R keeps colours, -X leaves it on the screen.
        return folders.contains { Files.exists(Files.join($0, "less")) } ? "less -FRX" : nil
    }

    /// Hands the page to the pager and waits for it; false if it cannot be started.
    private static func send(_ page: String, to command: String) -> Bool {
        Terminal.write("")
        guard let pipe = popen(command, "w") else { return false }
        // The pager reads the keys: Ctrl-C is its own, and it may end before it has read everything.
        var ignoring = sigaction()
        ignoring.__sigaction_handler.sa_handler = SIG_IGN
        var interrupt = sigaction()
        var closing = sigaction()
        sigaction(SIGINT, &ignoring, &interrupt)
        sigaction(SIGPIPE, &ignoring, &closing)
        fputs(page, pipe)
        let status = pclose(pipe)
        sigaction(SIGINT, &interrupt, nil)
        sigaction(SIGPIPE, &closing, nil)
        // 127: the shell has not found it.
        return status >> 8 != 127
    }
}
