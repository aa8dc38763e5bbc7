import ArgumentParser
import LyceumKit
import LyceumServer
import Workbench

/// `lyceum serve`: students behind OpenAI's API.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve students behind an API like OpenAI's.",
        usage: "lyceum serve FOLDER [FOLDER …] [--port 8000] [--host 127.0.0.1] [--api-key KEY] …",
        discussion: """
            FOLDER is what student:save or Hugging Face's save_pretrained wrote; NAME=FOLDER chooses what clients call it, \
            otherwise it is the folder's own name. Clients find POST /v1/chat/completions, /v1/completions and \
            /v1/classify, GET /v1/models, /health and /metrics (Prometheus).

            Requests are decoded together: they join and leave the running batch between two steps. What does not fit \
            waits; beyond --queue it is refused with 429 and Retry-After. SIGTERM or Ctrl-C answers what was accepted \
            and ends.
            """)

    @Argument(help: ArgumentHelp("Folders of students.", valueName: "folder"))
    var folders: [String]

    @Option(help: "The port; 0 takes a free one.") var port = 8000
    @OptionGroup var door: DoorOptions

    @Option(help: ArgumentHelp("Where students compute: auto, cpu or cuda.", valueName: "device"))
    var device = "auto"

    @Option(
        help: ArgumentHelp(
            "Of matrix products: fp32, with which an answer is the same whoever else is in the batch (the default, unless "
                + "the weights are kept in int8); bf16, int8 or auto are faster.",
            valueName: "precision"))
    var precision: String?

    @Option(
        help: ArgumentHelp(
            "Show this lab at /lab.", valueName: "folder"), completion: .directory)
    var lab: String?

    @Option(name: .customLong("batch"), help: ArgumentHelp("Requests decoded together.", valueName: "n"))
    var batch = ServerLimits().batch
    @Option(
        name: .customLong("batch-tokens"),
        help: ArgumentHelp("Tokens of the requests decoded together, read and to be written.", valueName: "n")
    )
    var batchTokens = ServerLimits().batchTokens
    @Option(
        name: .customLong("queue"), help: ArgumentHelp("Inputs that may wait for a student.", valueName: "n"))
    var queue = ServerLimits().queue
    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp("The longest time of a request.", valueName: "seconds"))
    var timeout = ServerLimits().timeout
    @Option(name: .customLong("max-tokens"), help: ArgumentHelp("Tokens of one answer.", valueName: "n"))
    var newTokens = ServerLimits().newTokens
    @Option(
        name: .customLong("max-beams"), help: ArgumentHelp("Beams, or texts, for one input.", valueName: "n"))
    var beams = ServerLimits().beams
    @Option(name: .customLong("max-inputs"), help: ArgumentHelp("Inputs of one request.", valueName: "n"))
    var inputs = ServerLimits().inputs
    @Option(name: .customLong("max-body"), help: ArgumentHelp("Bytes of a request.", valueName: "n"))
    var body = ServerLimits().body
    @Option(name: .customLong("max-connections"), help: ArgumentHelp("Connections at once.", valueName: "n"))
    var connections = ServerLimits().connections
    @Option(
        name: .customLong("idle-timeout"),
        help: ArgumentHelp(
            "In which a request has to arrive, and until an idle connection is closed.", valueName: "seconds")
    )
    var idle = ServerLimits().idle
    @Option(
        name: .customLong("drain-timeout"),
        help: ArgumentHelp("The longest time for requests under way after SIGTERM.", valueName: "seconds"))
    var drain = ServerLimits().drain

    @OptionGroup var host: HostOptions

    func validate() throws {
        if folders.isEmpty { throw ValidationError("name the folder of at least one student") }
        if !["auto", "cpu", "cuda"].contains(device) {
            throw ValidationError("--device is auto, cpu or cuda, not '\(device)'")
        }
        if let precision, !["auto", "fp32", "bf16", "int8"].contains(precision) {
            throw ValidationError("--precision is auto, fp32, bf16 or int8, not '\(precision)'")
        }
        let counts = [
            ("batch", batch, 1024), ("batch-tokens", batchTokens, 1 << 30), ("queue", queue, 1 << 20),
            ("max-tokens", newTokens, 65536), ("max-beams", beams, 256), ("max-inputs", inputs, 65536),
            ("max-body", body, 1 << 30), ("max-connections", connections, 1 << 20),
        ]
        for (name, value, most) in counts where value < 1 || value > most {
            throw ValidationError("--\(name) is a number from 1 to \(most), not \(value)")
        }
        for (name, value) in [("timeout", timeout), ("idle-timeout", idle), ("drain-timeout", drain)]
        where !(value > 0 && value <= 86400) {
            throw ValidationError("--\(name) is a number of seconds above 0 and at most 86400, not \(value)")
        }
    }

    func run() async throws {
        let opened = try door.door(port: port)
        let models = try folders.map {
            try StudentFolder($0, installation: host.plugins, device: device, precision: precision)
        }
        var names: Set<String> = []
        for model in models where !names.insert(model.name).inserted {
            throw ValidationError("two students are called '\(model.name)'; name one: other=\(model.folder)")
        }
        var limits = ServerLimits()
        (limits.batch, limits.batchTokens, limits.queue, limits.timeout) = (
            batch, batchTokens, queue, timeout
        )
        (limits.newTokens, limits.beams, limits.inputs, limits.body) = (newTokens, beams, inputs, body)
        (limits.connections, limits.idle, limits.drain) = (connections, idle, drain)
        let serving = Serving(door: opened, limits: limits, tell: ServerCommand.report)
        let installation = host.plugins
        let (lab, address) = (self.lab, door.host)
        let list = models.map(\.name).joined(separator: ", ")
        var makeLab: (@Sendable () throws -> LabSite)?
        if let lab { makeLab = { try installation.labSite(folder: lab) } }
        try await serving.serve(models.map(\.model), lab: makeLab) { port in
            let root = DoorOptions.address(address, port)
            ServerCommand.report("serving \(list) at \(root)/v1 (Ctrl-C ends it)")
            if lab != nil { ServerCommand.report("the lab is at \(root)/lab") }
        }
    }
}
