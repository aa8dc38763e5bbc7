-- The side of Lyceum in scripts/bench/teacher: arg[1] is the server's port, arg[2] how many rows, arg[3] "speed" or
-- "memory". Every reply is committed to the lab as it arrives, as in daily use.
local port, rows, what = arg[1], math.tointeger(tonumber(arg[2])), arg[3]
local gpt = teacher.open { "openai", model = "tiny", base_url = "http://127.0.0.1:" .. port .. "/v1", concurrency = 64 }
local ask = prompt "Summarise the following article in three sentences. Article of row {{ n }}: {{ text }}"

local function articles(first, count)
    local records = {}
    for i = 1, count do
        records[i] = { n = first + i, text = string.rep("Something happened somewhere to somebody today. ", 10) }
    end
    return data.from(records)
end

local function megabytes()
    for line in io.lines("/proc/self/status") do
        local kilobytes = line:match("^VmRSS:%s*(%d+)")
        if kilobytes then return tonumber(kilobytes) / 1024 end
    end
end

local function now() -- seconds, to a hundredth
    for line in io.lines("/proc/uptime") do return tonumber(line:match("^%S+")) end
end

if what == "speed" then
    gpt:generate(articles(0, 200), { prompt = ask }) -- connections and tables are there from now on
    local all = articles(1000, rows)
    local start = now()
    local out = gpt:generate(all, { prompt = ask })
    print(string.format("%.3f", now() - start))
    assert(#out == rows and not out.failed)
else
    for part = 1, 10 do
        gpt:generate(articles(part * rows, rows // 10), { prompt = ask })
        collectgarbage()
        collectgarbage()
        print(string.format("%d\t%.1f", part * rows // 10, megabytes()))
    end
end
