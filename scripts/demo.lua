-- The reference experiment in small: does a student trained on text that a teacher wrote come close to the same
-- student trained on human text, and do both beat the teacher? (Ding et al. 2024, doi 10.5281/zenodo.10841043)
--
--   scripts/demo [--student lstm,t5] [--teacher retrieval|openai] [--model NAME] [--budget USD] [--steps N] [--seed N]
--
-- With --into FOLDER --learn gold|generated it trains only those students and keeps there what they write; scripts/demo
-- calls it twice at the same time, and then with --into alone, which takes from there what it finds.
--
-- Data: package descriptions of the archive; the long description is the document, the one-line synopsis the
-- summary. Gold, background and test share no source package, so no near-copy stands on two sides.

-- Arguments ---------------------------------------------------------------------------------------------------
local options = {
    student = "lstm,t5", teacher = "retrieval", model = "gpt-4o-mini", budget = "2", steps = "", seed = "13", into = "", learn = "",
}
local corpus_path, i = arg[1], 2
while arg[i] do
    local name = arg[i]:match("^%-%-(%a+)$")
    if not (name and options[name] and arg[i + 1]) then
        error("demo: cannot understand '" .. arg[i] .. "'; the options are --student, --teacher, --model, --budget, --steps, --seed", 0)
    end
    options[name] = arg[i + 1]
    i = i + 2
end
local function number(name)
    return tonumber(options[name]) or error("demo: --" .. name .. " takes a number, got '" .. options[name] .. "'", 0)
end
-- Wall-clock seconds; os.time has whole seconds only and os.clock counts every core.
local now = metrics.clock
local seed, steps = math.tointeger(number("seed")), options.steps ~= "" and math.tointeger(number("steps")) or nil

-- What is trained, and how; chosen on pairs held out of the gold ones, never on the test set.
local known = {
    lstm = {
        name = "LSTM", about = "a pointer-generator, which can copy words from the text",
        new = { vocab_size = 5000, hidden_size = 128 },
        train = { max_steps = 2400, batch_size = 32, learning_rate = 3e-3, max_source_length = 64 },
        generate = {},
    },
    t5 = {
        name = "T5", about = "a T5 of 1 million parameters, which cannot copy until it has learned to",
        new = { d_model = 128, d_ff = 256, d_kv = 32, num_heads = 4, num_layers = 2, vocab_size = 4000, dropout_rate = 0 },
        -- T5's own optimizer: its steps are relative to the weights, whose sizes differ a hundredfold in a T5.
        train = { max_steps = 250, batch_size = 64, optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, max_source_length = 64 },
        generate = { no_repeat_ngram_size = 2 },
    },
}
local recipes = {}
for id in options.student:gmatch("[^,]+") do
    local recipe = known[id] or error("demo: --student is 'lstm', 't5' or 'lstm,t5', got '" .. options.student .. "'", 0)
    recipe.id, recipe.train.max_steps = id, steps or recipe.train.max_steps
    recipes[#recipes + 1] = recipe
end
if #recipes == 0 then error("demo: --student names no student", 0) end

-- Data --------------------------------------------------------------------------------------------------------
local corpus = data.load(corpus_path)
-- So many test texts that the 95 % intervals are about one point wide on each side; writing a text takes milliseconds.
local parts = corpus:split({ gold = 0.45, background = 0.49, test = 0.06 }, { group = "source", seed = seed })
local test = parts.test:shuffle({ seed = seed })
local says = options.learn == "" and print or function() end
says(("data: %d gold pairs, %d background pairs for the teacher, %d test pairs"):format(
    #parts.gold, #parts.background, #test))

-- What an earlier call with --learn kept.
local function kept(recipe, what)
    local file = options.into ~= "" and options.learn == "" and io.open(("%s/%s-%s.json"):format(options.into, recipe.id, what))
    if not file then return nil end
    local record = json.decode(file:read("a"))
    file:close()
    return record.texts, record.took
end

-- Teacher -----------------------------------------------------------------------------------------------------
local write = prompt [[Please write the long description of a Debian package based on the following one-line summary. '{{ summary }}']]
local ask = prompt [[Summarise the following description of a software package in one line of at most ten words, without a full stop: {{ document }}]]

local gpt, gold = nil, parts.gold
if options.teacher == "openai" then
    -- Prices are known for OpenAI's own models; another server gets a limit on calls instead.
    local is_openai = (os.getenv("OPENAI_BASE_URL") or ""):find("api.openai.com", 1, true) or not os.getenv("OPENAI_BASE_URL")
    -- What the teacher's texts have cost is part of the budget.
    local _, took = kept(recipes[1], "generated")
    local left = number("budget") - (took and took.usd or 0)
    gpt = teacher.open {
        "openai", model = options.model, temperature = 0.7, concurrency = 16,
        budget_usd = is_openai and left or nil, budget_calls = not is_openai and 10000 or nil,
    }
    gold = gold:shuffle({ seed = seed }):take(4000)     -- bounds the bill; both students see the same 4000 summaries
elseif options.teacher == "retrieval" then
    gpt = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }
else
    error("demo: --teacher is 'retrieval' or 'openai', got '" .. options.teacher .. "'", 0)
end
local function generated() return gpt:generate(gold, { prompt = write, output = "document" }) end

-- Students ----------------------------------------------------------------------------------------------------
-- The first table and what the second one adds to it.
local function with(base, more)
    for name, value in pairs(more) do base[name] = value end
    return base
end
-- What a student trained on `pairs` writes about the test texts, and how long both took.
local function learn(recipe, pairs)
    local s = student.new(recipe.id, recipe.new)
    local run = s:train(pairs, with({
        input = "document", target = "summary", seed = seed, warmup_steps = 100, max_target_length = 20,
    }, recipe.train))
    local start = now()
    local out = s:generate(test, with({ input = "document", max_new_tokens = 20, num_beams = 4 }, recipe.generate))
    return out:column("prediction"), { training = run.seconds, writing = now() - start, pairs = #pairs }
end

if options.learn ~= "" then
    if options.learn ~= "gold" and options.learn ~= "generated" or options.into == "" then
        error("demo: --learn is 'gold' or 'generated' and needs --into FOLDER", 0)
    end
    local pairs_to_learn = options.learn == "gold" and gold or generated()
    local cost = options.learn == "generated" and pairs_to_learn:cost()
    for _, recipe in ipairs(recipes) do
        local texts, took = learn(recipe, pairs_to_learn)
        took.usd = cost and cost.cost_usd or nil
        local file = assert(io.open(("%s/%s-%s.json"):format(options.into, recipe.id, options.learn), "w"))
        assert(file:write(json.encode { texts = texts, took = took }))
        assert(file:close())
    end
    return
end

-- Evaluation --------------------------------------------------------------------------------------------------
local rows = {}
local function evaluate(name, texts, seconds)
    rows[#rows + 1] = {
        name = name, milliseconds = seconds and seconds * 1000 / #texts, texts = texts,
        score = metrics.rouge(texts, test:column("summary"), { stemmer = true, seed = seed }),
    }
    return rows[#rows]
end
local function evaluate_student(recipe, what, pairs)
    local texts, took = kept(recipe, what)
    if not texts then texts, took = learn(recipe, pairs()) end
    local row = evaluate(recipe.name .. ", trained on " .. what, texts, took.writing)
    row.took = took
    return row
end

local lead = evaluate("lead (first sentence)", metrics.lead(test, { input = "document" }):column("prediction"))
local start = now()
local zero_shot = gpt:generate(test, { prompt = ask, output = "prediction" })
if #zero_shot < #test then error("demo: the teacher left texts out: " .. zero_shot.failed[1].reason, 0) end
local the_teacher = evaluate("teacher, zero-shot: " .. gpt.name, zero_shot:column("prediction"), now() - start)
local pseudo
for _, recipe in ipairs(recipes) do
    recipe.gold = evaluate_student(recipe, "gold", function() return gold end)
    recipe.generated = evaluate_student(recipe, "generated", function()
        pseudo = pseudo or generated()
        return pseudo
    end)
end

-- The table ---------------------------------------------------------------------------------------------------
local function cell(measure)
    return ("%5.2f [%5.2f, %5.2f]"):format(measure.fmeasure * 100, measure.ci[1] * 100, measure.ci[2] * 100)
end
print()
print(("%-36s %-21s  %-21s  %-21s  %5s  %7s"):format("", "ROUGE-1 [95 %]", "ROUGE-2 [95 %]", "ROUGE-L [95 %]", "words", "ms/text"))
for _, row in ipairs(rows) do
    print(("%-36s %s  %s  %s  %5.1f  %7s"):format(
        row.name, cell(row.score.rouge1), cell(row.score.rouge2), cell(row.score.rougeL), row.score.mean_words,
        row.milliseconds and ("%.1f"):format(row.milliseconds) or ""))
end
print()
print(rows[1].score.signature)
print(("ROUGE F-measure × 100 on %d held-out texts; %d human pairs, %d pairs written by '%s'."):format(
    #test, recipes[1].gold.took.pairs, recipes[1].generated.took.pairs, gpt.name))
for _, recipe in ipairs(recipes) do
    print(("%s: %s; from scratch, %d steps of %d pairs, %.0f s on gold and %.0f s on generated."):format(
        recipe.name, recipe.about, recipe.train.max_steps, recipe.train.batch_size, recipe.gold.took.training,
        recipe.generated.took.training))
end

-- What to see in it: where the first student on generated text stands, by intervals that do not overlap.
local first = recipes[1]
local function against(other)
    local a, b = first.generated.score.rouge1, other.score.rouge1
    return a.ci[1] > b.ci[2] and "above" or a.ci[2] < b.ci[1] and "below" or "level with"
end
local by_gold = first.gold.score.rouge1.fmeasure
print(("See: the %s that learned only from generated text is %s the teacher and %s the first sentence (95 %% intervals of ROUGE-1), and reaches %.0f %% of its twin on gold."):format(
    first.name, against(the_teacher), against(lead), by_gold > 0 and first.generated.score.rouge1.fmeasure / by_gold * 100 or 0))

for i = 1, 3 do
    print()
    print("document   " .. test[i].document:sub(1, 200):gsub("\n", " ") .. "…")
    print("human      " .. test[i].summary)
    print("on gold    " .. first.gold.texts[i])
    print("generated  " .. first.generated.texts[i])
end
