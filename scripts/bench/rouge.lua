-- Scores FOLDER/pairs.jsonl.
--   time NAME   times the usual measures with the stemmer and writes FOLDER/NAME.json: pairs a second
--               (NAME "one": of processor time, which neighbours on the machine do not change; else of the clock)
--   scores      writes the scores of every pair in every measure: FOLDER/plain.jsonl, FOLDER/stemmed.jsonl
local folder, what, name = arg[1], arg[2], arg[3]
local texts = data.load(folder .. "/pairs.jsonl")

if what == "time" then
    -- One resample: rouge_score is timed without its bootstrap, too.
    local options = { reference = "target", stemmer = true, resamples = 1 }
    metrics.rouge(texts:take(100), options)
    local clock = name == "one" and os.clock or metrics.clock
    local best = math.huge
    for _ = 1, 3 do
        local start = clock()
        metrics.rouge(texts, options)
        best = math.min(best, clock() - start)
    end
    local out <close> = assert(io.open(folder .. "/" .. name .. ".json", "w"))
    out:write(json.encode { pairs_per_second = #texts / best })
else
    local types = { "rougeL", "rougeLsum" }
    for n = 1, 9 do types[#types + 1] = "rouge" .. n end
    for file, stemmer in pairs { plain = false, stemmed = true } do
        local score = metrics.rouge(texts, { reference = "target", types = types, stemmer = stemmer, resamples = 1 })
        score:rows():save(folder .. "/" .. file .. ".jsonl")
    end
end
