-- Our side of scripts/bench/train: lyceum run train.lua BENCH CORPUS make|time ARCHITECTURE [PRECISION LENGTHS STEPS]
local bench, corpus, what, architecture, precision, lengths, steps = ...
local folder = bench .. "/" .. architecture
-- The pointer-generator reads short texts, as in the demo.
local limits = architecture == "lstm" and { batch = 32, source = 64, target = 20 } or { batch = 8, source = 512, target = 64 }

--- Pairs whose texts are longer than any limit, or those of the corpus.
local function pairs_of(kind)
    local rows = data.load(corpus):shuffle({ seed = 7 }):take(2000)
    if kind == "natural" then return rows end
    local long = {}
    for i = 1, 64 do
        local input = rows[i].document
        while #input < 12000 do input = input .. " " .. input end
        local target = rows[i].summary
        while #target < 2000 do target = target .. " " .. target end
        long[i] = { document = input, summary = target }
    end
    return data.from(long)
end

if what == "make" then
    -- A vocabulary, and the shape of a checkpoint; the peer then writes a network of full size over it.
    local rows = pairs_of("natural")
    local kind = (architecture == "bart" or architecture == "lstm") and architecture or "t5"
    local sizes = kind == "lstm" and { vocab_size = 5000, hidden_size = 128 } or { d_model = 24, vocab_size = architecture == "small" and 3800 or 8000 }
    local student = student.new(kind, sizes)
    student:train(rows, { input = "document", target = "summary", num_train_epochs = 0 })
    student:save(folder)
    local file <close> = assert(io.open(folder .. "/lengths.json", "w"))
    local list = {}
    for i = 1, #rows do
        local row = rows[i]
        list[#list + 1] = {
            math.min(limits.source, #student:tokenize(row.document) + 1),
            math.min(limits.target, #student:tokenize(row.summary) + 1),
        }
    end
    file:write(json.encode(list))
    return
end

local function peak()
    for line in io.lines("/proc/self/status") do
        local kilobytes = line:match("^VmHWM:%s*(%d+)")
        if kilobytes then return tonumber(kilobytes) end
    end
end

local student = student.load(folder)
local rows = pairs_of(lengths)
local function train(count)
    local clock, cpu = metrics.clock(), os.clock()
    local run = student:train(rows, {
        input = "document", target = "summary", max_source_length = limits.source, max_target_length = limits.target,
        batch_size = limits.batch, max_steps = count, learning_rate = 1e-5, precision = precision, seed = 1,
    })
    return metrics.clock() - clock, os.clock() - cpu, run
end
-- The same batches twice, once with two steps less: what remains are the steps after the first two.
local wall, cpu, first = train(2)
local wall_more, cpu_more, second = train(2 + tonumber(steps))
local config = json.decode(io.open(folder .. "/config.json"):read("a"))
local tokens = second.tokens - first.tokens
print(json.encode({
    wall = wall_more - wall, cpu = cpu_more - cpu, tokens = tokens, memory = peak(),
    flops = 6.0 * tokens * (config.flops_per_token_sixth or 0),
}))
