import CLua
import LyceumKit

/// What Lua code may use.
public struct LuaLimits: Sendable {
    /// Bytes of memory; nil is no limit. What Swift holds for Lua is not counted.
    public var memory: Int?
    /// Instructions from one outermost call to its end; nil is no limit. Time inside one call of a function
    /// that is not written in Lua does not count.
    public var instructions: Int?

    /// Describes limits.
    public init(memory: Int? = nil, instructions: Int? = nil) {
        self.memory = memory
        self.instructions = instructions
    }
}

// What makes it safe to run a script that one did not write.
extension LuaState {
    /// Bounds what Lua code may use.
    public func setLimits(_ limits: LuaLimits) {
        self.limits = limits
        clua_setlimits(stack, max(limits.memory ?? 0, 0), Int64(max(limits.instructions ?? 0, 0)))
    }

    /// Takes away what a script could harm the machine with: starting programs, native libraries, bytecode,
    /// finalizers (which no limit reaches), all but a traceback of `debug`, secrets in the environment, and file
    /// writes that are not allowed.
    ///
    /// To be called before anything else runs. Cannot be undone.
    ///
    /// - Parameter checkWritable: throws if a file may not be written, removed or renamed.
    public func removeUnsafeLibraries(
        checkWritable: @escaping (_ path: String) throws -> Void = Files.checkWritable
    ) throws {
        let refusal = try makeFunction(name: "sandbox") { arguments in
            guard let path = arguments.first?.string, !path.utf8.contains(0) else {
                return [.string("the path of a file to write must be text")]
            }
            do {
                try checkWritable(path)
                return []
            } catch {
                return [.string("\(error)")]
            }
        }
        try call(try load(Self.sandbox, name: "sandbox"), [refusal])
    }

    /// Changes the libraries in place, so that every reference to them sees it. Everything used later is a local
    /// here, out of a script's reach.
    private static let sandbox = """
        local refusal = ...
        local find, upper, type, error, next = string.find, string.upper, type, error, next
        local rawget, loadfile, searchpath = rawget, loadfile, package.searchpath
        local function refuse(what) error(what .. " is not there in the sandbox", 3) end

        -- Programs, native libraries, the process.
        os.execute, os.tmpname, os.setlocale, io.popen, io.tmpfile = nil, nil, nil, nil, nil
        package.loadlib, package.cpath = nil, ""
        local getenv = os.getenv
        function os.getenv(name)
            if type(name) ~= "string" then error("bad argument #1 to 'getenv' (string expected)", 2) end
            for _, word in next, { "KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL" } do
                if find(upper(name), word, 1, true) then return nil end
            end
            return getenv(name)
        end

        -- Files.
        local open, output, remove, rename = io.open, io.output, os.remove, os.rename
        function io.open(path, mode)
            if mode ~= nil and type(mode) ~= "string" then error("bad argument #2 to 'open' (string expected)", 2) end
            local problem = mode ~= nil and find(mode, "[wa+]") and refusal(path)
            if problem then return nil, problem, 13 end
            return open(path, mode)
        end
        function io.output(file)
            local problem = (type(file) == "string" or type(file) == "number") and refusal(file)
            if problem then error(problem, 2) end
            return output(file)
        end
        function os.remove(path)
            local problem = refusal(path)
            if problem then return nil, problem, 13 end
            return remove(path)
        end
        function os.rename(from, to)
            local problem = refusal(from) or refusal(to)
            if problem then return nil, problem, 13 end
            return rename(from, to)
        end

        -- Bytecode can be made to read and write any memory.
        local load = load
        function _G.load(chunk, name, mode, ...)
            if mode ~= nil and mode ~= "t" and mode ~= "bt" then refuse("bytecode") end
            return load(chunk, name, "t", ...)
        end
        function _G.loadfile(path, mode, ...)
            if mode ~= nil and mode ~= "t" and mode ~= "bt" then refuse("bytecode") end
            return loadfile(path, "t", ...)
        end
        function _G.dofile(path)
            local chunk, problem = loadfile(path, "t")
            if not chunk then error(problem, 0) end
            return chunk()
        end
        string.dump = nil
        local preload = package.searchers[1]
        package.searchers = { preload, function(name)
            local path, problem = searchpath(name, package.path)
            if not path then return problem end
            local chunk, fault = loadfile(path, "t")
            if not chunk then error(fault, 0) end
            return chunk, path
        end }

        -- What reaches behind the limits. Finalizers run without hooks, and so do handlers of errors that a hook
        -- raises; here a handler is called when the error has unwound.
        local pcall = pcall
        local function handled(handler, ok, ...)
            if ok then return ok, ... end
            return ok, handler(...)
        end
        function _G.xpcall(f, handler, ...)
            if type(handler) ~= "function" then error("bad argument #2 to 'xpcall' (function expected)", 2) end
            return handled(handler, pcall(f, ...))
        end
        debug.getmetatable("").__metatable = false
        local setmetatable, collectgarbage = setmetatable, collectgarbage
        function _G.setmetatable(value, metatable)
            if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then refuse("a finalizer (__gc)") end
            return setmetatable(value, metatable)
        end
        local allowed = { collect = true, count = true, step = true, isrunning = true }
        function _G.collectgarbage(what, ...)
            if what ~= nil and not allowed[what] then refuse("collectgarbage of that kind") end
            return collectgarbage(what, ...)
        end
        for name in pairs(debug) do
            if name ~= "traceback" then debug[name] = nil end
        end
        """
}
