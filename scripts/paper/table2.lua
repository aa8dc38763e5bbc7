-- Table 2 of Ding et al. 2024, doi 10.5281/zenodo.10841043: do students trained on text that a teacher wrote come close
-- to students trained on human text, and do both beat the teacher itself? scripts/paper/table2 says how to call it.
--
-- Every step whose inputs have not changed is taken from the folder --out: replies and runs from its lab, students and
-- their texts from its files. So the same call goes on after a kill, and a changed option repeats only what it changes.
local experiment = require("experiment")

local options = experiment.arguments("table2", {
    data = "hf:abisee/cnn_dailymail", corpus = "", students = "", teacher = "", model = "gpt-4o-mini", budget = "20",
    calls = "", train = "", test = "", generated = "", epochs = "", steps = "", batch = "", precision = "auto",
    seed = "13", out = "paper-table2", ["save-steps"] = "50", ["dry-run"] = false,
}, 2)
local function whole(name, least) return experiment.whole("table2", options, name, least) end
local seed, save_steps, out = whole("seed"), whole("save-steps", 1), options.out
local is_small = options.corpus ~= ""
if is_small and options.corpus ~= "debian" then error("table2: --corpus is 'debian', got '" .. options.corpus .. "'", 0) end
local with = experiment.with

-- Data --------------------------------------------------------------------------------------------------------
-- The summary asks, the text answers: both kinds of data have the columns `article` and `highlights`.
local function length(text) return utf8.len(text) or #text end
local function load_parts()
    if is_small then
        local parts = data.load(arg[1]):rename { document = "article", summary = "highlights" }
            :split({ train = 0.45, background = 0.53, test = 0.02 }, { group = "source", seed = seed })
        return parts.train, parts.test, parts.background
    end
    local name = options.data
    if name:find("^hf:") then
        local function part(split) return data.load(name, { config = "3.0.0", split = split }) end
        return part("train"), part("test")
    end
    for _, ending in ipairs { ".parquet", ".jsonl", ".jsonl.gz" } do
        if experiment.exists(name .. "/train" .. ending) then
            return data.load(name .. "/train" .. ending), data.load(name .. "/test" .. ending)
        end
    end
    local all = data.load(name)
    local has_split = false
    for _, column in ipairs(all.columns) do has_split = has_split or column == "split" end
    if has_split then
        return all:filter(function(r) return r.split == "train" end), all:filter(function(r) return r.split == "test" end)
    end
    local parts = all:split({ train = 0.95, test = 0.05 }, { seed = seed })
    return parts.train, parts.test
end
local train, test, background = load_parts()
local found = { train = #train, test = #test }
local shorter = is_small and 1e9 or 2048
local function prepared(d)
    return d:select { "article", "highlights" }
        :filter(function(r) return #r.article > 0 and #r.highlights > 0 and length(r.article) < shorter end)
end
train, test = prepared(train), prepared(test):shuffle({ seed = seed }):take(whole("test", 1) or (is_small and 500 or 1900))
if #train == 0 or #test == 0 then
    error(("table2: %s has %d texts to train on and %d to test on that are shorter than 2048 characters; both must be there")
        :format(is_small and arg[1] or options.data, #train, #test), 0)
end
-- A test text that was trained on says nothing.
local seen = {}
for _, row in ipairs(test) do seen[row.article] = true end
local before = #train
train = train:filter(function(r) return not seen[r.article] end)
local overlap = before - #train
if overlap * 2 > #test then
    error(("table2: %d of the %d test texts are also in the training part; give parts that share no text"):format(overlap, #test), 0)
end
if overlap > 0 then print(("%d training texts are also in the test part; they are left out of training"):format(overlap)) end
if whole("train", 1) then train = train:shuffle({ seed = seed }):take(whole("train", 1)) end
local asked_for = whole("generated", 1) or (is_small and #train or 23797)
local to_write = train:shuffle({ seed = seed }):take(asked_for)

print("\nTable 1. The data")
print(("%-10s %9s %9s %14s %14s"):format("", "found", "used", "words/article", "words/summary"))
for _, part in ipairs { { "train", found.train, train }, { "test", found.test, test } } do
    local mean = {}
    for _, row in ipairs(part[3]:stats()) do
        if row.unit == "words" then mean[row.column] = row.mean end
    end
    print(("%-10s %9d %9d %14.1f %14.1f"):format(part[1], part[2], #part[3], mean.article or 0, mean.highlights or 0))
end
if not is_small then print("The paper: 39,626 articles under 2048 characters, 23,797 generated ones, 1,900 to test on.") end

-- Teacher -----------------------------------------------------------------------------------------------------
local write = is_small
    and prompt [[Please write the long description of a Debian package based on the following one-line summary. '{{ highlights }}']]
    or prompt [[Please write a news article based on the following news summary. '{{ highlights }}']]
local ask = is_small
    and prompt [[Summarise the following description of a software package in one line of at most ten words, without a full stop: {{ article }}]]
    or prompt [[Please summarise the following news article. '{{ article }}']]
local kind = options.teacher ~= "" and options.teacher or (is_small and "retrieval" or "openai")
-- What bounds it: requests if they are bounded, else dollars.
local most_calls = whole("calls")
local budget = not most_calls and experiment.number("table2", options, "budget") or nil
local gpt
if kind == "retrieval" then
    budget = nil
    gpt = teacher.open { "retrieval", corpus = background or train, input = "article", target = "highlights" }
else
    gpt = teacher.open {
        -- The longest reply: an article of under 2048 characters has some 500 tokens. It bounds what the plan can cost.
        kind, model = options.model, temperature = 0.7, concurrency = 16, max_tokens = 1024,
        budget_calls = most_calls, budget_usd = budget,
    }
end
local plan = { articles = gpt:estimate(to_write, { prompt = write, output = "article" }),
    summaries = gpt:estimate(test, { prompt = ask, output = "prediction" }) }
local calls = plan.articles.calls + plan.summaries.calls
local is_priced = plan.articles.usd_high and plan.summaries.usd_high
local dollars = is_priced and plan.articles.usd_high + plan.summaries.usd_high or 0
print(("\nteacher %s: %d requests (%d answers are there already)%s"):format(
    gpt.name, calls, plan.articles.reused + plan.summaries.reused,
    is_priced and (", at most %.2f USD"):format(dollars) or ""))
if budget and dollars > budget then
    error(("table2: the plan may cost %.4g USD, %.4g more than --budget %.4g; raise it, or ask for less by --generated and --test")
        :format(dollars, dollars - budget, budget), 0)
end
if most_calls and calls > most_calls then
    error(("table2: the plan takes %d requests, %d more than --calls %d; raise it, or ask for less by --generated and --test")
        :format(calls, calls - most_calls, most_calls), 0)
end

-- Students ----------------------------------------------------------------------------------------------------
local recipes
local common = {
    seed = seed, precision = options.precision, num_train_epochs = experiment.number("table2", options, "epochs"),
    max_steps = whole("steps", 1), batch_size = whole("batch", 1), save_steps = save_steps, save_total_limit = 1,
}
if is_small then
    local short = { max_source_length = 64, max_target_length = 20, warmup_steps = 100, batch_size = 64, max_steps = 1500 }
    local answer = { max_new_tokens = 20, num_beams = 4 }
    recipes = {
        {
            id = "t5", name = "T5 (1 M, from scratch)", new = { "t5", { d_model = 128, d_ff = 256, d_kv = 32, num_heads = 4,
                num_layers = 2, vocab_size = 4000, dropout_rate = 0 } },
            train = with(short, { optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, max_source_length = 128 }),
            generate = with(answer, { no_repeat_ngram_size = 2 }),
        },
        {
            id = "bart", name = "BART (2 layers, from scratch)", new = { "bart", { d_model = 128, encoder_layers = 2,
                decoder_layers = 2, encoder_attention_heads = 4, decoder_attention_heads = 4, encoder_ffn_dim = 256,
                decoder_ffn_dim = 256, vocab_size = 4000, dropout = 0 } },
            train = with(short, { optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, max_source_length = 128 }),
            generate = with(answer, { no_repeat_ngram_size = 2 }),
        },
        {
            id = "lstm", name = "LSTM (pointer-generator)", new = { "lstm", { vocab_size = 5000, hidden_size = 128 } },
            train = with(short, { learning_rate = 3e-3, batch_size = 32 }), generate = answer,
        },
    }
else
    local names = { t5 = "google-t5/t5-small", bart = "facebook/bart-base" }
    local order = {}
    for id, name in (options.students == "" and "t5=google-t5/t5-small,bart=facebook/bart-base" or options.students)
        :gmatch("(%w+)=([^,]+)") do
        names[id] = name
        order[#order + 1] = id
    end
    if #order == 0 then error("table2: --students is a list such as t5=google-t5/t5-small,bart=FOLDER", 0) end
    local long = { batch_size = 16, num_train_epochs = 3, max_source_length = 512, max_target_length = 128, warmup_steps = 500,
        learning_rate = 5e-5 }
    recipes = {}
    for _, id in ipairs(order) do
        recipes[#recipes + 1] = {
            id = id, name = id == "t5" and "T5-small" or id == "bart" and "BART-base" or names[id], load = names[id],
            train = id == "t5" and with(long, { learning_rate = 3e-4, source_prefix = "summarize: " }) or long,
            generate = { max_new_tokens = 128, num_beams = 4, no_repeat_ngram_size = 3, length_penalty = id == "bart" and 2 or nil },
        }
    end
end
for _, recipe in ipairs(recipes) do
    recipe.train = with(recipe.train, common)
    if recipe.train.max_steps then recipe.train.num_train_epochs = nil end
    function recipe.make()
        local s = recipe.load and student.load(recipe.load) or student.new(recipe.new[1], recipe.new[2])
        local tasks = table.concat(s.tasks, ", ")
        if not tasks:find("generate", 1, true) then
            error(("table2: %s is a %s student, which can only %s; the table needs sequence-to-sequence models such as T5 and BART")
                :format(recipe.load, s.architecture, tasks), 0)
        end
        return s
    end
end

-- A model that cannot be used is found out before anything is bought.
for _, recipe in ipairs(recipes) do
    if recipe.load then recipe.make():close() end
end

if options["dry-run"] then
    print(("tokens: about %d in, at most %d out; %s"):format(
        (plan.articles.prompt_tokens or 0) + (plan.summaries.prompt_tokens or 0), kind ~= "retrieval" and calls * 1024 or 0,
        is_priced and ("between %.2f and %.2f USD"):format(
            (plan.articles.usd_low or 0) + (plan.summaries.usd_low or 0), dollars) or "no price is known"))
    for _, recipe in ipairs(recipes) do
        local s = recipe.make()
        local trial = with(recipe.train, { input = "article", target = "highlights", max_steps = 4, num_train_epochs = nil,
            save_steps = nil, save_total_limit = nil, warmup_steps = 0, name = "dry run: " .. recipe.id })
        local run = s:train(train:take(4 * trial.batch_size), trial)
        local steps = recipe.train.max_steps
        local function count(rows) return steps or math.ceil(rows / trial.batch_size) * (recipe.train.num_train_epochs or 3) end
        print(("%s: %.2f s a step; on gold %d steps, %.1f h; on generated text %d steps, %.1f h"):format(
            recipe.name, run.seconds / 4, count(#train), count(#train) * run.seconds / 4 / 3600,
            count(#to_write), count(#to_write) * run.seconds / 4 / 3600))
    end
    print("dry run: nothing was asked, and no student was kept")
    return
end

-- 1. The teacher writes articles, and summarises the test texts itself.
local pseudo = gpt:generate(to_write, { prompt = write, output = "article", name = "articles by " .. gpt.name })
if #pseudo == 0 then error("table2: the teacher answered nothing; the first reason: " .. pseudo.failed[1].reason, 0) end
local start = metrics.clock()
local zero_shot = gpt:generate(test, { prompt = ask, output = "prediction", name = "summaries by " .. gpt.name })
local teacher_seconds = metrics.clock() - start
if #zero_shot < #test then
    error(("table2: the teacher summarised %d of %d test texts; run the same command again for the rest (%s)"):format(
        #zero_shot, #test, zero_shot.failed[1].reason), 0)
end

-- 2. Each student learns from human text, and from the teacher's.
local systems, numbers = {}, {}
local function train_on(recipe, what, pairs)
    local name = recipe.id .. "-" .. what
    local inputs = { model = recipe.load or json.encode(recipe.new), data = pairs.fingerprint, options = recipe.train }
    local trained = experiment.step(out .. "/steps", "train-" .. name, inputs, function(key)
        local s, folder = recipe.make(), out .. "/checkpoints/" .. key
        local run = s:train(pairs, with(recipe.train, { input = "article", target = "highlights", output_dir = folder,
            resume = experiment.exists(folder), name = recipe.name .. " on " .. what }))
        s:save(out .. "/students/" .. key)
        return { folder = out .. "/students/" .. key, run = run.number, seconds = run.seconds, steps = run.steps }
    end)
    local s
    local written = experiment.step(out .. "/steps", "texts-" .. name,
        { student = trained.folder, test = test.fingerprint, options = recipe.generate }, function(key)
            s = student.load(trained.folder)
            local texts = s:generate(test, with(recipe.generate, { input = "article" }))
            texts:select({ "prediction" }):save(out .. "/texts/" .. key .. ".jsonl")
            local latency = metrics.latency(s, test:take(20), with(recipe.generate, { input = "article", run = trained.run }))
            return { file = out .. "/texts/" .. key .. ".jsonl", p50 = latency.p50 }
        end)
    numbers[#numbers + 1] = trained.run
    return {
        name = recipe.name, trained = what, recipe = recipe, run = trained.run, ms = written.p50, seconds = trained.seconds,
        texts = data.load(written.file, { types = { prediction = "text" } }):column("prediction"),
        tokens = function()
            s = s or student.load(trained.folder)
            return s
        end,
    }
end
for _, what in ipairs { "gold", "generated" } do
    for _, recipe in ipairs(recipes) do
        systems[#systems + 1] = train_on(recipe, what, what == "gold" and train or pseudo)
    end
end
-- Trees that choose the sentence that a person's summary would have chosen.
if is_small then
    local extractive = require("extractive")
    for _, what in ipairs { "gold", "generated" } do
        systems[#systems + 1] = extractive(what, what == "gold" and train or pseudo, test, out, seed, experiment)
        numbers[#numbers + 1] = systems[#systems].run
    end
end
local cost = zero_shot:cost()
systems[#systems + 1] = {
    name = gpt.name, trained = "zero-shot", texts = zero_shot:column("prediction"), is_teacher = true,
    ms = zero_shot:cost() and teacher_seconds * 1000 / #test or nil,
    dollars = cost and cost.cost_usd and cost.cost_usd / #test or 0,
    length = cost and cost.completion_tokens > 0 and cost.completion_tokens / #test or nil,
}
if is_small then
    systems[#systems + 1] = { name = "lead", trained = "first sentence",
        texts = metrics.lead(test, { input = "article" }):column("prediction") }
end

-- 3. Scores.
local references = test:column("highlights")
for _, system in ipairs(systems) do
    -- A call without `run` would record the scores with no run at all.
    system.score = metrics.rouge(system.texts, references, { stemmer = true, seed = seed, run = system.run,
        tokens = system.tokens and system.tokens() or nil })
    system.length = system.length or (system.tokens and system.score.mean_tokens)
end
local published = { ["T5-small gold"] = "43.33 21.58 31.77  61.3", ["BART-base gold"] = "45.09 23.13 32.71  64.5",
    ["T5-small generated"] = "43.06 21.49 31.67  61.3", ["BART-base generated"] = "44.78 22.88 32.39  63.2",
    [gpt.name .. " zero-shot"] = "37.24 13.66 23.24  92.4" }
print("\nTable 2. ROUGE F-measure × 100 [95 % interval] on " .. #test .. " texts")
print(("%-30s %-14s %-21s  %-21s  %-21s  %-21s  %6s  %6s  %8s  %9s%s"):format("", "trained on", "ROUGE-1", "ROUGE-2", "ROUGE-L",
    "ROUGE-Lsum", "words", "tokens", "ms/text", "USD/text", is_small and "" or "  the paper: R-1 R-2 R-L, length"))
for _, s in ipairs(systems) do
    print(("%-30s %-14s %s  %s  %s  %s  %6.1f  %6s  %8s  %9s%s"):format(s.name, s.trained, experiment.cell(s.score.rouge1),
        experiment.cell(s.score.rouge2), experiment.cell(s.score.rougeL), experiment.cell(s.score.rougeLsum), s.score.mean_words,
        s.length and ("%.1f"):format(s.length) or "", s.ms and ("%.2f"):format(s.ms) or "",
        ("%.5f"):format(s.dollars or 0), is_small and "" or "  " .. (published[s.name .. " " .. s.trained] or "")))
end
print("\nThe same in the paper's other form: recall × 100")
for _, s in ipairs(systems) do
    print(("%-30s %-14s R-1 %s  R-2 %s  R-L %s"):format(s.name, s.trained, experiment.cell(s.score.rouge1, "recall"),
        experiment.cell(s.score.rouge2, "recall"), experiment.cell(s.score.rougeL, "recall")))
end
print("\n" .. systems[1].score.signature)

-- 4. Are the differences real? Each student against its twin, and each against the teacher.
local teacher_place
for i, s in ipairs(systems) do if s.is_teacher then teacher_place = i end end
local pairs_to_test = {}
for i, a in ipairs(systems) do
    for j, b in ipairs(systems) do
        if a.trained == "generated" and b.trained == "gold" and a.name == b.name then
            pairs_to_test[#pairs_to_test + 1] = { i, j }
        end
    end
end
for i, s in ipairs(systems) do
    if s.trained == "gold" or s.trained == "generated" then pairs_to_test[#pairs_to_test + 1] = { i, teacher_place } end
end
local results, p = {}, {}
for k, pair in ipairs(pairs_to_test) do
    local compared = metrics.compare({ systems[pair[1]].score, systems[pair[2]].score }, { seed = seed, resamples = 10000 })
    for _, test_of in ipairs(compared.pairs) do
        if test_of.measure == "rouge1" then results[k] = test_of end
    end
    p[k] = results[k].p_randomization
end
local corrected = experiment.holm(p)
print("\nDifferences in ROUGE-1 [95 %], approximate randomisation, corrected by Holm for " .. #p .. " tests")
for k, pair in ipairs(pairs_to_test) do
    local a, b, d = systems[pair[1]], systems[pair[2]], results[k]
    print(("%-46s against %-40s %+6.2f [%+6.2f, %+6.2f]  p = %.4f%s"):format(a.name .. " on " .. a.trained,
        b.name .. " " .. (b.is_teacher and b.trained or "on " .. b.trained), d.difference * 100, d.ci[1] * 100, d.ci[2] * 100,
        corrected[k], corrected[k] < 0.05 and "" or "  (not established)"))
end
local report = runs.report(numbers, { file = out .. "/report.html", title = "Table 2", seed = seed })
print("\nThe whole report: " .. report)
