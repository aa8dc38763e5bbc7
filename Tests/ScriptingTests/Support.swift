import Glibc
import Hub
import LuaBridge
import LyceumKit
import Scripting
import Synchronization
import Workbench

/// What the program around a test's scripts recorded.
final class Recorder: Sendable {
    private let storage = Mutex<(notes: [String], output: String)>(([], ""))

    var notes: [String] { storage.withLock { $0.notes } }
    var output: String { storage.withLock { $0.output } }

    func note(_ line: String) { storage.withLock { $0.notes.append(line) } }
    func write(_ text: String) { storage.withLock { $0.output += text } }
}

/// A state with everything registered and the built-in plugins, as the program has it.
///
/// - Parameter lab: the folder of its lab; one of its own, removed at the end of the process, if nil.
func makeState(
    _ recorder: Recorder = Recorder(), lab: String? = nil,
    plugins: PluginHost = PluginHost(folders: [buildFolder])
) throws -> LuaState {
    let state = try LuaState()
    let listener = Job.Listener(progress: { _ in }, note: { recorder.note($0) })
    try Scripting.install(
        into: state,
        environment: ScriptEnvironment(
            plugins: plugins, hub: offlineHub, listener: listener,
            lab: LabSession(
                folder: lab ?? TestLabs.next(), versions: ["lyceum": "test"], patience: 0.2,
                tell: { recorder.note($0) }),
            write: { recorder.write($0) }))
    return state
}

/// A Hub that asks nobody, and of which nothing is in the cache: no test reaches the network.
private let offlineHub = Hub(
    HubSettings { ["HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": "/tmp/lyceum-scripting-no-hub"][$0] })

/// Labs of tests that do not care which.
enum TestLabs {
    private static let count = Atomic<Int>(0)
    private static let folder: String = {
        let folder = "/tmp/lyceum-scripting-labs-\(getpid())"
        atexit { Files.removeTree("/tmp/lyceum-scripting-labs-\(getpid())") }
        return folder
    }()

    static func next() -> String {
        Files.join(folder, String(count.wrappingAdd(1, ordering: .relaxed).newValue))
    }
}

/// The folder that holds what the package built: the test bundle, and next to it the plugins.
var buildFolder: String { Files.parent(of: CommandLine.arguments.first ?? ".") }

/// The message of the error that `code` raises; "(no error)" if it raises none.
func message(_ code: String, in state: LuaState) -> String {
    do {
        try state.run(code, name: "test")
        return "(no error)"
    } catch {
        return "\(error)"
    }
}
