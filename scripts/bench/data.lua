-- What loading a file and the verbs after it take: a line each of name, seconds, peak memory in MB (0 if it is
-- not looked at), with tabs between.
local path = arg[1]

local function peak()
    for line in io.lines("/proc/self/status") do
        local kilobytes = line:match("^VmHWM:%s*(%d+)")
        if kilobytes then return kilobytes / 1000 * 1.024 end
    end
    return 0
end

local function timed(name, work)
    local start = metrics.clock()
    local result = work()
    print(("%s\t%.4f\t%.0f"):format(name, metrics.clock() - start, name == "lyceum load" and peak() or 0))
    return result
end

local d = timed("lyceum load", function() return data.load(path) end)
timed("lyceum filter (declared)", function() return d:filter { max_chars = { article = 4000 } } end)
timed("lyceum select", function() return d:select { "article" } end)
timed("lyceum shuffle", function() return d:shuffle({ seed = 1 }) end)
timed("lyceum split", function() return d:split({ train = 0.9, test = 0.1 }, { seed = 1 }) end)
timed("lyceum take", function() return d:take(1000) end)
timed("lyceum fingerprint", function() return d.fingerprint end)
timed("lyceum stats", function() return d:stats() end)
