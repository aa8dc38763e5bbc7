import ArgumentParser
import LyceumKit
import LyceumServer

/// `lyceum lab`: the lab in a browser.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Show the lab in a browser, live.",
        usage: "lyceum lab [--lab FOLDER] [--port 8001] [--host 127.0.0.1] [--api-key KEY]",
        discussion: """
            Shows runs as they go: curves, scores with their intervals, comparisons, samples next to source and reference, \
            prompts and what teachers cost. It only reads. Beyond this machine it asks for the --api-key as a password, \
            under any user name.
            """)

    @OptionGroup var folder: LabFolderOptions
    @Option(help: "The port; 0 takes a free one.") var port = 8001
    @OptionGroup var door: DoorOptions
    @OptionGroup var host: HostOptions

    func run() async throws {
        let opened = try door.door(port: port)
        let serving = Serving(door: opened, tell: ServerCommand.report)
        let installation = host.plugins
        let (folder, address) = (self.folder.folder, door.host)
        try await serving.show(
            lab: { try installation.labSite(folder: folder) },
            onRunning: { port in
                ServerCommand.report(
                    "the lab \(folder) is at \(DoorOptions.address(address, port)) (Ctrl-C ends it)")
            })
    }
}
