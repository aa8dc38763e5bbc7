import Lab
import LuaBridge
import LyceumKit
import Scripting
import TestServers
import Workbench

/// A session of Lua whose lab is in `folder`; nil has none.
func session(_ folder: String?, _ notes: Notes = Notes()) throws -> LuaState {
    let state = try LuaState()
    try Scripting.install(
        into: state,
        environment: ScriptEnvironment(
            plugins: PluginHost(folders: []), listener: notes.listener, lab: LabSession(folder: folder),
            write: { _ in }))
    return state
}
