-- Our side of scripts/bench/decode and latency: lyceum run decode.lua FOLDER. Reads a request in each line of the standard
-- input (JSON), answers with a line.
local folder = ...
local clock = metrics.clock
local loaded = student.load(folder)
print(json.encode({ ready = true }))
for line in io.lines() do
    local ask = json.decode(line)
    local start, cpu = clock(), os.clock()
    local written = loaded:generate(ask.texts, {
        batch_size = #ask.texts, num_beams = ask.beams, max_new_tokens = ask.tokens, min_new_tokens = ask.tokens,
        max_source_length = 512, precision = ask.precision, source_prefix = "",
    })
    print(json.encode({ seconds = clock() - start, cpu = os.clock() - cpu, texts = #written }))
end
