import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import LyceumKit
import NIOCore
import ServiceLifecycle
import Synchronization
import UnixSignals
import Workbench

/// A server, put together: what `lyceum serve` and `lyceum lab` start.
public struct Serving: Sendable {
    /// A student to serve.
    public struct Model: Sendable {
        /// What clients call it.
        public let name: String
        /// Loads it; called on the student's own thread.
        public let load: @Sendable () throws -> LoadedStudent

        /// Names a student.
        public init(name: String, load: @escaping @Sendable () throws -> LoadedStudent) {
            self.name = name
            self.load = load
        }
    }

    /// Where and for whom.
    public struct Door: Sendable {
        /// The address to listen on.
        public var host = "127.0.0.1"
        /// The port; 0 takes a free one.
        public var port = 8000
        /// Who has one of these may ask; nobody needs one if there are none.
        public var keys: [String] = []

        /// A door on this machine alone.
        public init() {}

        /// Whether only this machine can reach it.
        public var isLocal: Bool { Access.isLoopback(host) }
    }

    private let door: Door
    private let limits: ServerLimits
    private let tell: @Sendable (String) -> Void

    /// - Parameter tell: shows a line to the person who started the server.
    public init(door: Door, limits: ServerLimits = ServerLimits(), tell: @escaping @Sendable (String) -> Void)
    {
        self.door = door
        self.limits = limits
        self.tell = tell
    }

    /// Serves students until SIGTERM or Ctrl-C: then what was accepted is answered, and the server ends.
    ///
    /// - Parameters:
    ///   - makeLab: opens the lab that is shown at /lab; nil shows none.
    ///   - onRunning: told the port.
    /// - Throws: `LyceumError` if the port cannot be had.
    public func serve(
        _ models: [Model], lab makeLab: (@Sendable () throws -> LabSite)? = nil,
        signals: [UnixSignal] = [.sigterm, .sigint],
        onRunning: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let registry = PrometheusRegistry()
        let connections = Connections()
        let engines = models.map { model in
            StudentEngine(
                name: model.name, limits: limits,
                metrics: StudentMetrics(model: model.name, factory: registry))
        }
        let server = StudentServer(
            engines: engines, limits: limits, connections: connections,
            access: Access(keys: door.keys, isLocal: door.isLocal, isForBrowsers: false), registry: registry,
            lab: try makeLab.map { try LabDesk($0) })
        for (engine, model) in zip(engines, models) {
            engine.start { try model.load().opened() }
        }
        let drain = DrainService(
            connections: connections, limits: limits, unanswered: { server.unanswered }, tell: tell)
        let application = application(server, connections, onRunning: onRunning)
        try await run([application, drain], signals: signals)
        for engine in engines { engine.end() }
        for engine in engines { engine.waitForEnd(seconds: 5) }
    }

    /// Shows a lab until SIGTERM or Ctrl-C.
    public func show(
        lab makeLab: @Sendable () throws -> LabSite, signals: [UnixSignal] = [.sigterm, .sigint],
        onRunning: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let connections = Connections()
        let access = Access(keys: door.keys, isLocal: door.isLocal, isForBrowsers: true)
        let server = LabServer(desk: try LabDesk(makeLab), access: access)
        let drain = DrainService(connections: connections, limits: limits, unanswered: { 0 }, tell: tell)
        try await run([application(server, connections, onRunning: onRunning), drain], signals: signals)
    }

    private func application<Responder: HTTPResponder>(
        _ responder: Responder, _ connections: Connections, onRunning: @escaping @Sendable (Int) -> Void
    ) -> Application<Responder> where Responder.Context == ServerContext {
        var logger = Logger(label: "lyceum")
        logger.logLevel = .critical
        let arrival = TimeAmount.milliseconds(Int64(limits.idle * 1000))
        // The student gives up first, and says so.
        let answer = TimeAmount.milliseconds(Int64((limits.timeout + limits.drain + 5) * 1000))
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        ConnectionGuard(connections, arrival: arrival, answer: answer)
                    ],
                    idleTimeout: arrival)),
            configuration: .init(
                address: .hostname(door.host, port: door.port), serverName: "lyceum", backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
            onServerRunning: { channel in onRunning(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    private func run(_ services: [any Service], signals: [UnixSignal]) async throws {
        var logger = Logger(label: "lyceum")
        logger.logLevel = .critical
        let configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: signals, logger: logger)
        let group = ServiceGroup(configuration: configuration)
        do {
            // A task that is cancelled would drop connections halfway, which NIO takes for a fault of the program's: so to
            // cancel is to end in order, too.
            let work = Task { try await group.run() }
            try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                Task { await group.triggerGracefulShutdown() }
            }
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw LyceumError.failed(
                "cannot listen on \(door.host):\(door.port) (\(reason))",
                remedy: error.errnoCode == EADDRINUSE ? "name another --port" : nil)
        }
    }
}

/// Ends before the listener does: for a moment health says that no more is wanted, and answers close their connections.
/// Then the listener closes, and what is under way is answered, as long as that may take.
struct DrainService: Service {
    let connections: Connections
    let limits: ServerLimits
    /// Requests that are not answered yet.
    let unanswered: @Sendable () -> Int
    let tell: @Sendable (String) -> Void

    func run() async throws {
        try? await gracefulShutdown()
        connections.drain()
        // Whoever asks a second time does not want to wait.
        signal(SIGINT, SIG_DFL)
        let waiting = unanswered()
        if waiting > 0 {
            tell(
                "ending; \(waiting) \(waiting == 1 ? "request is" : "requests are") still answered (Ctrl-C again ends at once)"
            )
        }
        try? await Task.sleep(for: .seconds(limits.grace))
        let (connections, seconds) = (connections, limits.drain)
        Task.detached {
            try? await Task.sleep(for: .seconds(seconds))
            connections.closeAll()
        }
    }
}

/// A student, its options, and the folder it came from.
public struct LoadedStudent {
    let student: any Student
    let architecture: StudentArchitecture
    let folder: String?
    let precision: String

    /// Describes a student.
    ///
    /// - Parameters:
    ///   - folder: holds its templates; nil for a student that was never saved.
    ///   - precision: of matrix products, as far as the student has a choice; no request chooses it.
    public init(
        _ student: any Student, architecture: StudentArchitecture, folder: String?,
        precision: String = "fp32"
    ) {
        self.precision = precision
        self.student = student
        self.architecture = architecture
        self.folder = folder
    }

    func opened() throws -> OpenedStudent {
        OpenedStudent(
            student, architecture: architecture,
            template: try folder.map { try SourceTemplate(folder: $0) } ?? SourceTemplate(),
            precision: precision, created: Int(time(nil)))
    }
}
