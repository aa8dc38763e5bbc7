-- What `lyceum run --sandbox` does to Lua before the script runs. SECURITY.md says what it promises.
--
-- The libraries are changed in place, so that every reference to them sees it. Everything that is used later is a local
-- here, out of a script's reach: the script may replace whatever it likes in its own world.
--
-- Arguments: functions that get a path and give the reason why it must not be written, or read; nil if it may.
local unwritable, unreadable = ...

local type, error, next, pairs, find = type, error, next, pairs, string.find
local rawget, getmetatable = rawget, debug.getmetatable

local function refuse(what) error(what .. " is not there in the sandbox", 3) end

local function check(value, expected, place, name)
    if type(value) ~= expected then
        error("bad argument #" .. place .. " to '" .. name .. "' (" .. expected .. " expected, got " .. type(value) .. ")", 3)
    end
end

-- MARK: Programs, native libraries, the process

os.execute, os.tmpname, os.setlocale, io.popen, io.tmpfile = nil, nil, nil, nil, nil
package.loadlib, package.cpath = nil, ""

-- Closing the state would run what is pending after every limit.
local exit = os.exit
function os.exit(code) exit(code) end

-- Variables that say where things are and how to show them. Every other one may hold a secret.
local harmless = {}
for name in string.gmatch([[
    HOME USER LOGNAME SHELL PWD OLDPWD PATH HOSTNAME LANG LANGUAGE LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY
    LC_NUMERIC LC_TIME TZ TERM COLORTERM COLUMNS LINES NO_COLOR TMPDIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
    XDG_STATE_HOME LYCEUM_LAB OMP_NUM_THREADS CUDA_VISIBLE_DEVICES RANK LOCAL_RANK WORLD_SIZE
]], "%S+") do
    harmless[name] = true
end
local getenv = os.getenv
function os.getenv(name)
    check(name, "string", 1, "getenv")
    if not rawget(harmless, name) then return nil end
    return getenv(name)
end

-- MARK: Files

local open, lines, input, output = io.open, io.lines, io.input, io.output
local remove, rename = os.remove, os.rename

function io.open(path, mode)
    if mode ~= nil then check(mode, "string", 2, "open") end
    local problem = mode ~= nil and find(mode, "[wa+]") and unwritable(path) or unreadable(path)
    if problem then return nil, problem, 13 end
    return open(path, mode)
end

function io.lines(path, ...)
    if path ~= nil then
        local problem = unreadable(path)
        if problem then error(problem, 2) end
    end
    return lines(path, ...)
end

function io.input(file)
    local problem = (type(file) == "string" or type(file) == "number") and unreadable(file)
    if problem then error(problem, 2) end
    return input(file)
end

function io.output(file)
    local problem = (type(file) == "string" or type(file) == "number") and unwritable(file)
    if problem then error(problem, 2) end
    return output(file)
end

function os.remove(path)
    local problem = unwritable(path)
    if problem then return nil, problem, 13 end
    return remove(path)
end

function os.rename(from, to)
    local problem = unwritable(from) or unwritable(to)
    if problem then return nil, problem, 13 end
    return rename(from, to)
end

-- MARK: Code: bytecode can be made to read and write any memory

local load, loadfile, searchpath = load, loadfile, package.searchpath
string.dump = nil

local function checkmode(mode)
    if mode ~= nil and mode ~= "t" and mode ~= "bt" then refuse("bytecode") end
end

local function loadtext(path, ...)
    local problem = path ~= nil and unreadable(path)
    if problem then return nil, problem end
    return loadfile(path, "t", ...)
end

function _G.load(chunk, name, mode, ...)
    checkmode(mode)
    return load(chunk, name, "t", ...)
end

function _G.loadfile(path, mode, ...)
    checkmode(mode)
    return loadtext(path, ...)
end

function _G.dofile(path)
    local chunk, problem = loadtext(path)
    if not chunk then error(problem, 0) end
    return chunk()
end

local function search(...)
    local path, problem = searchpath(...)
    local refusal = path and unreadable(path)
    if refusal then return nil, "\n\t" .. refusal end
    return path, problem
end
package.searchpath = search

local preload = package.searchers[1]
package.searchers = { preload, function(name)
    local path, problem = search(name, package.path)
    if not path then return problem end
    local chunk, fault = loadtext(path)
    if not chunk then error(fault, 0) end
    return chunk, path
end }

-- MARK: What reaches behind the limits

-- Finalizers run without hooks. The metatables of strings and files are everybody's; those of the host's objects are
-- protected by the host.
getmetatable("").__metatable = false
getmetatable(io.stdout).__metatable = "file"
local globals = getmetatable(_G)
if globals then globals.__metatable = "globals" end

local setmetatable, collectgarbage = setmetatable, collectgarbage
function _G.setmetatable(value, metatable)
    if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then refuse("a finalizer (__gc)") end
    return setmetatable(value, metatable)
end

local allowed = { collect = true, count = true, step = true, isrunning = true }
function _G.collectgarbage(what, ...)
    if what ~= nil and not rawget(allowed, what) then refuse("collectgarbage of that kind") end
    return collectgarbage(what, ...)
end

for name in pairs(debug) do
    if name ~= "traceback" then debug[name] = nil end
end
