-- The paper's other task, [text] → [class]: does a tiny student that learned a teacher's labels come close to one that
-- learned the true ones, and to the teacher itself? (Ding et al. 2024, doi 10.5281/zenodo.10841043)
--
--   scripts/paper/classify [--teacher retrieval|openai] [--model NAME] [--budget USD] [--texts N] [--test N]
--                          [--students gbdt,bert,minilm,…] [--seed N]
--
-- Data: package descriptions of the archive; the long description is the text, the archive section the label, of the
-- sixteen most frequent ones. The parts share no source package, so no near-copy stands on two sides.

-- Arguments ---------------------------------------------------------------------------------------------------
local options = {
    teacher = "retrieval", model = "gpt-4o-mini", budget = "2", texts = "4000", test = "1000", students = "", seed = "13",
}
local corpus_path, encoder_path, i = arg[1], arg[2], 3
while arg[i] do
    local name = arg[i]:match("^%-%-(%a+)$")
    if not (name and options[name] and arg[i + 1]) then
        error("classify: cannot understand '" .. arg[i] .. "'; the options are --teacher, --model, --budget, --texts, --test, --students, --seed", 0)
    end
    options[name] = arg[i + 1]
    i = i + 2
end
local function number(name)
    return tonumber(options[name]) or error("classify: --" .. name .. " takes a number, got '" .. options[name] .. "'", 0)
end
local seed = math.tointeger(number("seed"))

-- Data --------------------------------------------------------------------------------------------------------
local corpus = data.load(corpus_path)
local kept, labels = {}, {}
for place, section in ipairs(corpus:group("section"):take(16):column("section")) do
    kept[section] = true
    labels[place] = section
end
table.sort(labels)
local parts = corpus:filter(function(row) return kept[row.section] end)
    :select { "document", "section", "source" }
    :split({ train = 0.4, background = 0.4, valid = 0.1, test = 0.1 }, { group = "source", seed = seed })
local train = parts.train:shuffle({ seed = seed }):take(math.tointeger(number("texts")))
local valid = parts.valid:shuffle({ seed = seed }):take(500)
local test = parts.test:shuffle({ seed = seed }):take(math.tointeger(number("test")))
print(("data: %d classes; %d texts to learn from, %d to validate, %d to test"):format(#labels, #train, #valid, #test))

-- Teacher -----------------------------------------------------------------------------------------------------
local ask = prompt("In which section of the Debian archive does this package belong? Answer with one of these words and nothing else: "
    .. table.concat(labels, ", ") .. ".\n\n{{ document }}")
local gpt
if options.teacher == "openai" then
    gpt = teacher.open { "openai", model = options.model, temperature = 0, max_tokens = 8, concurrency = 16, budget_usd = number("budget") }
elseif options.teacher == "retrieval" then
    gpt = teacher.open {
        "retrieval", corpus = parts.background, input = "document", target = "section", task = "classify",
    }
else
    error("classify: --teacher is 'retrieval' or 'openai', got '" .. options.teacher .. "'", 0)
end

-- The teacher's labels; answers that are not label are dropped from what students learn, and wrong in the test.
local function label(rows)
    return gpt:generate(rows, { prompt = ask, output = "answer" }):map(function(row)
        local answer = row.answer:lower():match("[%a%-%d]+")
        return {
            document = row.document, section = row.section, source = row.source, label = kept[answer] and answer or "?",
        }
    end)
end
local now = metrics.clock
local start = now()
local zero_shot = label(test)
local teacher_ms = (now() - start) * 1000 / #test
local cost_of_test = gpt.usage.cost_usd or 0
local pseudo = label(train):filter(function(row) return row.label ~= "?" end)
local pseudo_valid = label(valid):filter(function(row) return row.label ~= "?" end)
local agreement = metrics.classification(pseudo, { prediction = "label", reference = "section" }).accuracy

-- Students ----------------------------------------------------------------------------------------------------
-- Each student with its options, and how it is made. Lengths and steps are chosen for two cores.
local neural = {
    seed = seed, batch_size = 32, max_source_length = 64, warmup_steps = 50, metric_for_best_model = "accuracy",
    early_stopping_patience = 3,
}
local function with(more)
    local all = {}
    for name, value in pairs(neural) do all[name] = value end
    for name, value in pairs(more) do all[name] = value end
    return all
end
-- Those that write the label. AdamW at 1e-4, 3e-4 and 1e-3 taught the BART little but the most frequent section.
local generative = {
    seed = seed, batch_size = 32, max_source_length = 64, max_target_length = 8, num_train_epochs = 6,
    optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, warmup_steps = 50,
}
local recipes = {
    {
        name = "gbdt", plugin = "gbdt", about = "gradient-boosted trees on TF-IDF",
        make = function() return student.new("gbdt", { task = "classify" }) end,
        train = { n_estimators = 60, early_stopping_rounds = 10, seed = seed },
    },
    {
        name = "lstm", plugin = "lstm", about = "LSTM, from scratch",
        make = function() return student.new("lstm", { task = "classify" }) end,
        train = with { num_train_epochs = 6, learning_rate = 2e-3 },
    },
    {
        name = "bert", plugin = "bert", about = "BERT of 2 layers, from scratch",
        make = function()
            return student.new("bert", {
                hidden_size = 128, num_hidden_layers = 2, num_attention_heads = 4, intermediate_size = 256,
                max_position_embeddings = 64, vocab_size = 6000,
            })
        end,
        train = with { num_train_epochs = 10, learning_rate = 1e-3 },
    },
    {
        name = "minilm", plugin = "bert", about = "MiniLM of 22 million parameters, pretrained",
        make = function() return student.load(encoder_path) end,
        train = with { num_train_epochs = 3, learning_rate = 1e-4 },
    },
    {
        name = "t5", plugin = "t5", about = "T5 of 2 layers, from scratch",
        make = function()
            return student.new("t5", {
                task = "classify", d_model = 128, d_ff = 256, d_kv = 32, num_heads = 4, num_layers = 2, vocab_size = 4000, dropout_rate = 0,
            })
        end,
        train = generative,
    },
    {
        name = "bart", plugin = "bart", about = "BART of 2 layers, from scratch",
        make = function()
            return student.new("bart", {
                task = "classify", d_model = 128, encoder_layers = 2, decoder_layers = 2, encoder_attention_heads = 4,
                decoder_attention_heads = 4, encoder_ffn_dim = 256, decoder_ffn_dim = 256, vocab_size = 4000,
            })
        end,
        train = generative,
    },
}
local can_classify = {}
for _, entry in ipairs(student.list()) do
    for _, task in ipairs(entry.tasks) do
        if task == "classify" then can_classify[entry.id] = true end
    end
end
local wanted = {}
for name in options.students:gmatch("[^,]+") do wanted[name] = true end

-- Evaluation --------------------------------------------------------------------------------------------------
local rows = {}
local function evaluate(name, out, more)
    more.name = name
    more.score = metrics.classification(out, { prediction = "prediction", reference = "section", seed = seed })
    rows[#rows + 1] = more
    print(("%-58s accuracy %.2f"):format(name, more.score.accuracy * 100))
end
local function predicted(data, column)
    return data:map(function(row) return { prediction = row[column], section = row.section } end)
end

local majority = train:group("section")[1].section
evaluate("the most frequent section, always (" .. majority .. ")", test:map(function(row)
    return { prediction = majority, section = row.section }
end), {})
evaluate("teacher, zero-shot: " .. gpt.name, predicted(zero_shot, "label"), { ms = teacher_ms, cost = cost_of_test })

for _, recipe in ipairs(recipes) do
    local asked = next(wanted) == nil or wanted[recipe.name]
    if asked and can_classify[recipe.plugin] then
        for _, source in ipairs { { "gold", train, "section", valid }, { "the teacher's labels", pseudo, "label", pseudo_valid } } do
            local s = recipe.make()
            local given = { input = "document", target = source[3], valid = source[4] }
            for name, value in pairs(recipe.train) do given[name] = value end
            local run = s:train(source[2], given)
            local out = s:classify(test, { input = "document" })
            local latency = metrics.latency(s, test:take(100), { input = "document" })
            evaluate(recipe.name .. " on " .. source[1] .. " (" .. recipe.about .. ")", out, {
                ms = latency.p50, cost = 0, seconds = run.seconds,
            })
        end
    end
end

-- The table ---------------------------------------------------------------------------------------------------
local function cell(value, ci) return ("%5.2f [%5.2f, %5.2f]"):format(value * 100, ci[1] * 100, ci[2] * 100) end
print()
print(("%-66s %-21s  %-21s  %9s  %9s  %8s"):format("", "accuracy [95 %]", "macro-F1 [95 %]", "ms/text", "train s", "USD"))
for _, row in ipairs(rows) do
    local score = row.score
    print(("%-66s %s  %s  %9s  %9s  %8s"):format(
        row.name, cell(score.accuracy, score.accuracy_ci), cell(score.macro.f1, score.macro.f1_ci),
        row.ms and ("%.2f"):format(row.ms) or "", row.seconds and ("%.0f"):format(row.seconds) or "",
        row.cost and ("%.4f"):format(row.cost) or ""))
end
print()
print(("%d test texts of %d classes. Students learned from %d texts with their true sections, or from %d that the teacher labelled (%.1f %% of those rightly) for %.4f USD."):format(
    #test, #labels, #train, #pseudo, agreement * 100, (gpt.usage.cost_usd or 0) - cost_of_test))
print("ms/text: a student's median for one text at a time; the teacher's mean over the whole test.")
