-- The run of scripts/bench/teacher_soak: arg[1] is the server's port, arg[2] how many rows. Asks until no row fails.
local port, rows = arg[1], math.tointeger(tonumber(arg[2]))
local gpt = teacher.open {
    "openai", model = "tiny", base_url = "http://127.0.0.1:" .. port .. "/v1", concurrency = 64, retries = 8,
}
local records = {}
for i = 1, rows do records[i] = { n = i } end
local out = gpt:generate(data.from(records), { prompt = prompt "Answer row {{ n }}" })
assert(#out + (out.failed and #out.failed or 0) == rows, "a row is neither answered nor listed")
print("answered " .. #out, "failed " .. (out.failed and #out.failed or 0))
for _ = 1, 20 do
    if not out.failed then break end
    out = gpt:retry(out)
end
assert(#out == rows and not out.failed, "rows still fail after 20 rounds")
for i, record in ipairs(out) do
    assert(record.n == i and record.reply:find("row " .. i .. ",", 1, true), "row " .. i .. " has another's answer")
end
print("all " .. rows .. " answered after retry, in order")
