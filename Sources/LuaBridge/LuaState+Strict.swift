import CLua
import LyceumKit

// Nothing is silent: an unknown global or field is an error that names the nearest one.
extension LuaState {
    /// From now on reading a global that was never assigned is an error. `x = nil` assigns it, and
    /// `rawget(_G, "x")` asks without an error. Globals that exist cost nothing more.
    public func makeGlobalsStrict() throws {
        let box = LuaBox { state in
            guard let name = state.read(2).string, !Self.optionalGlobals.contains(name) else { return 0 }
            throw LyceumError.failed(
                "unknown global '\(name)'",
                remedy: state.hint(global: name) ?? "rawget(_G, \"\(name)\") asks for one that may be missing"
            )
        }
        try withStack { state in clua_strictglobals(state.stack, state.host.retain(box)) }
    }

    /// What modules written for other versions of Lua ask for before they use something else.
    private static let optionalGlobals: Set<String> = [
        "arg", "unpack", "setfenv", "getfenv", "loadstring", "module", "newproxy", "jit", "bit", "bit32",
        "ffi",
        "lfs", "lpeg", "ngx", "love", "js", "_PROMPT", "_PROMPT2", "_DEBUG", "DEBUG", "_TEST",
        // What the prompt keeps of earlier results.
        "_", "_1", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9",
    ]

    /// From now on a record that is asked for a name which is not among its columns raises an error.
    func makeRecordsStrict() throws {
        let box = LuaBox { state in
            let columns = try state.read(1).table?.columns() ?? []
            throw LyceumError.missingColumn(try state.describe(state.read(2)), available: columns)
        }
        try withStack { state in clua_onmissingfield(state.stack, state.host.retain(box)) }
    }

    /// A metatable for copies of records with these columns: reading another name is an error until it is set.
    ///
    /// - Parameter function: who made the copies, for the error.
    public func makeRowMetatable(columns: [String]) throws -> LuaTable {
        let known = Set(columns)
        let metatable = try makeTable()
        try metatable.set("__metatable", .string("record"))
        try metatable.set(
            "__index",
            makeFunction(name: "record") { [unowned self] arguments in
                let key = arguments.count > 1 ? arguments[1] : .nil
                if let name = key.string, known.contains(name) { return [.nil] }
                throw LyceumError.missingColumn(try describe(key), available: columns)
            })
        return metatable
    }
}
