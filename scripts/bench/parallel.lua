-- Our side of scripts/bench/parallel: lyceum run parallel.lua FOLDER CORPUS PAIRS STEPS
local folder, corpus, pairs, steps = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local rows = data.load(corpus):take(64)
local long = {}
for i = 1, 64 do
    local input, target = rows[i].document, rows[i].summary
    while #input < 3000 do input = input .. " " .. input end
    while #target < 1000 do target = target .. " " .. target end
    long[i] = { document = input, summary = target }
end
local student, rows = student.load(folder), data.from(long)

local function train(count)
    local start = metrics.clock()
    student:train(rows, {
        input = "document", target = "summary", max_source_length = 128, max_target_length = 32,
        batch_size = pairs, max_steps = count, learning_rate = 1e-5, precision = "fp32", seed = 1,
    })
    return metrics.clock() - start
end
-- The same steps twice, once with more: what remains are those after the first two.
local first = train(2)
local second = train(2 + steps)
if ranks.rank == 0 then print((second - first) / steps) end
