-- Ablations of Ding et al. 2024 on package descriptions: shares of human text, amounts of generated text, samples, filters.
-- scripts/paper/ablation says how to call it. Runs with equal data and options are made once and shared by all tables.
local experiment = require("experiment")

local options = experiment.arguments("ablation", {
    student = "lstm", pairs = "4000", steps = "600", test = "500", seeds = "13,14,15", out = "paper-ablation",
}, 2)
local function whole(name, least) return experiment.whole("ablation", options, name, least) end
local steps, out = whole("steps", 1), options.out
local seeds = {}
for text in options.seeds:gmatch("[^,]+") do
    seeds[#seeds + 1] = math.tointeger(tonumber(text)) or error("ablation: --seeds are whole numbers, got '" .. text .. "'", 0)
end
if #seeds == 0 then error("ablation: --seeds names no seed", 0) end
local recipes = {
    lstm = {
        new = { "lstm", { vocab_size = 5000, hidden_size = 128 } },
        train = { learning_rate = 3e-3, max_source_length = 64, batch_size = 32 },
        generate = { max_new_tokens = 20, num_beams = 4 },
    },
    t5 = {
        new = { "t5", { d_model = 128, d_ff = 256, d_kv = 32, num_heads = 4, num_layers = 2, vocab_size = 4000, dropout_rate = 0 } },
        train = { optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, max_source_length = 64, batch_size = 64 },
        generate = { max_new_tokens = 20, num_beams = 4, no_repeat_ngram_size = 2 },
    },
}
local recipe = recipes[options.student] or error("ablation: --student is 'lstm' or 't5', got '" .. options.student .. "'", 0)

-- Data: the same split for every seed, so that only training varies.
local parts = data.load(arg[1]):split({ gold = 0.45, background = 0.53, test = 0.02 }, { group = "source", seed = 13 })
local test = parts.test:shuffle({ seed = 13 }):take(whole("test", 1)):select { "document", "summary" }
local gold = parts.gold:shuffle({ seed = 13 }):take(whole("pairs", 500)):select { "document", "summary" }
local gpt = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }
local write = prompt [[Please write the long description of a Debian package based on the following one-line summary. '{{ summary }}']]
local function generated(rows, samples)
    local d = gpt:generate(rows, { prompt = write, output = "document", n = samples })
    return d:select { "document", "summary" }
end
local pseudo = generated(gold)
print(("%d gold pairs, %d generated, %d to test on; %d seeds of %d steps"):format(#gold, #pseudo, #test, #seeds, steps))

-- Filters: what a person would try first.
local function words(text)
    local list, set = {}, {}
    for word in text:lower():gmatch("%w+") do
        list[#list + 1] = word
        set[word] = true
    end
    return list, set
end
local filters = {
    { "off", function() return true end },
    { "length", function(r)
        local count = #words(r.document)
        return count >= 10 and count <= 120
    end },
    { "overlap", function(r)
        local _, set = words(r.document)
        local list, shared = words(r.summary), 0
        for _, word in ipairs(list) do
            if set[word] then shared = shared + 1 end
        end
        return #list > 0 and shared / #list >= 0.5
    end },
}
-- The judge: the teacher names a summary of what it wrote; rows whose own summary it misses by far go.
local function judged(rows)
    local ask = prompt [[Summarise the following description of a software package in one line of at most ten words, without a full stop: {{ document }}]]
    local verdicts = gpt:generate(rows, { prompt = ask, output = "verdict" })
    local scores = metrics.rouge(verdicts, { prediction = "verdict", reference = "summary", types = { "rouge1" }, resamples = 1 }):rows():column("rouge1_fmeasure")
    local place = 0
    return verdicts:filter(function()
        place = place + 1
        return scores[place] >= 0.2
    end):select { "document", "summary" }
end

-- One run: its ROUGE-1, ROUGE-2 and ROUGE-L, from the folder if it was made before.
local function measured(label, pairs_to_learn, seed)
    local training = experiment.with({
        input = "document", target = "summary", max_steps = steps, seed = seed, warmup_steps = 50,
        max_target_length = 20, save_steps = 100, save_total_limit = 1,
    }, recipe.train)
    local inputs = { data = pairs_to_learn.fingerprint, test = test.fingerprint, model = json.encode(recipe.new), options = training,
        decoding = recipe.generate }
    -- Named by the data, not by the label: 0 % gold, all of the generated, one sample and no filter are one run.
    local name = ("%s-%s-%d"):format(options.student, pairs_to_learn.fingerprint:sub(1, 12), seed)
    return experiment.step(out .. "/steps", name, inputs, function(key)
        local s, folder = student.new(recipe.new[1], recipe.new[2]), out .. "/checkpoints/" .. key
        local run = s:train(pairs_to_learn, experiment.with(training, {
            output_dir = folder, resume = experiment.exists(folder), name = label .. ", seed " .. seed }))
        local answer = experiment.with(recipe.generate, { input = "document" })
        local score = metrics.rouge(s:generate(test, answer), { reference = "summary", stemmer = true, resamples = 1 })
        return { rouge1 = score.rouge1.fmeasure, rouge2 = score.rouge2.fmeasure, rougeL = score.rougeL.fmeasure, run = run.number }
    end)
end

local tables = {}
local function row(group, label, pairs_to_learn)
    local values = { rouge1 = {}, rouge2 = {}, rougeL = {} }
    for i, seed in ipairs(seeds) do
        local found = measured(label, pairs_to_learn, seed)
        for measure, list in pairs(values) do list[i] = found[measure] * 100 end
    end
    local made = { group = group, label = label, rows = #pairs_to_learn }
    for measure, list in pairs(values) do
        local sum, squares = 0, 0
        for _, value in ipairs(list) do sum = sum + value end
        local mean = sum / #list
        for _, value in ipairs(list) do squares = squares + (value - mean) ^ 2 end
        made[measure] = { mean, #list > 1 and math.sqrt(squares / (#list - 1)) or 0 }
    end
    tables[#tables + 1] = made
    print(("%-34s %6d pairs  ROUGE-1 %5.2f ± %.2f"):format(label, made.rows, made.rouge1[1], made.rouge1[2]))
end
local function mixed(count)
    -- The first `count` summaries with human text, the others with generated text.
    if count == 0 then return pseudo end
    if count >= #gold then return gold end
    return gold:take(count):concat(pseudo:skip(count))
end

for _, percent in ipairs { 0, 1, 2.5, 10, 50, 100 } do
    row("share of gold", ("%g %% gold"):format(percent), mixed(math.floor(#gold * percent / 100 + 0.5)))
end
for _, count in ipairs { 125, 500 } do row("share of gold", count .. " gold pairs", mixed(count)) end
for _, percent in ipairs { 10, 25, 50, 100 } do
    row("generated pairs", percent .. " % of the generated", pseudo:take(math.max(1, math.floor(#pseudo * percent / 100 + 0.5))))
end
for _, samples in ipairs { 1, 4 } do
    row("samples", samples .. (samples == 1 and " sample" or " samples") .. " a summary", samples == 1 and pseudo or generated(gold, samples))
end
for _, filter in ipairs(filters) do row("filters", "filter: " .. filter[1], pseudo:filter(filter[2])) end
row("filters", "filter: judge", judged(pseudo))

-- The table ---------------------------------------------------------------------------------------------------
print(("\n| %s | pairs | ROUGE-1 | ROUGE-2 | ROUGE-L |"):format(options.student))
print("|---|---|---|---|---|")
local function cell(pair) return ("%.2f ± %.2f"):format(pair[1], pair[2]) end
for _, r in ipairs(tables) do
    print(("| %s | %d | %s | %s | %s |"):format(r.label, r.rows, cell(r.rouge1), cell(r.rouge2), cell(r.rougeL)))
end
print(("\nMean ± standard deviation over %d seeds; F-measure × 100 on %d held-out texts, %d steps of %d pairs each."):format(
    #seeds, #test, steps, recipe.train.batch_size))

-- The plot: a point and its standard deviation for each row, the groups one below the other.
local function escaped(text) return (text:gsub("&", "&amp;"):gsub("<", "&lt;")) end
local low, high = math.huge, -math.huge
for _, r in ipairs(tables) do
    low, high = math.min(low, r.rouge1[1] - r.rouge1[2]), math.max(high, r.rouge1[1] + r.rouge1[2])
end
low, high = math.floor(low - 1), math.ceil(high + 1)
local left, width, line = 230, 480, 22
local function x(value) return left + (value - low) / (high - low) * width end
local lines, y, group = {}, 40, nil
for _, r in ipairs(tables) do
    if r.group ~= group then
        y, group = y + 14, r.group
        lines[#lines + 1] = ('<text x="10" y="%d" font-weight="bold">%s</text>'):format(y, escaped(group))
        y = y + line
    end
    local mean, deviation = r.rouge1[1], r.rouge1[2]
    lines[#lines + 1] = ('<text x="20" y="%d">%s</text>'):format(y + 4, escaped(r.label))
    lines[#lines + 1] = ('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#335" stroke-width="2"/>'):format(x(mean - deviation), y, x(mean + deviation), y)
    lines[#lines + 1] = ('<circle cx="%.1f" cy="%d" r="4" fill="#335"/>'):format(x(mean), y)
    y = y + line
end
for value = low, high, math.max(1, (high - low) // 6) do
    table.insert(lines, 1, ('<line x1="%.1f" y1="30" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>')
        :format(x(value), x(value), y, x(value), y + 18, value))
end
local path = out .. "/ablation.svg"
local file = assert(io.open(path .. ".part", "w"))
assert(file:write(('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">\n<rect width="100%%" height="100%%" fill="white"/>\n<text x="10" y="20">ROUGE-1 of a student (%s), mean and standard deviation over %d seeds</text>\n%s\n</svg>\n')
    :format(left + width + 40, y + 30, options.student, #seeds, table.concat(lines, "\n"))))
assert(file:close())
assert(os.rename(path .. ".part", path))
print("The plot: " .. path)
