-- The reference experiment in small: does a student trained on text that a teacher wrote come close to the same
-- student trained on human text? (Ding et al. 2024, doi 10.5281/zenodo.10841043)
--
--   scripts/demo [--student t5|lstm] [--teacher retrieval|openai] [--model NAME] [--budget USD] [--steps N] [--seed N]
--
-- Data: package descriptions of the archive; the long description is the document, the one-line synopsis the
-- summary. Gold, background and test share no source package, so no near-copy stands on two sides.

-- Arguments ---------------------------------------------------------------------------------------------------
local options = { student = "t5", teacher = "retrieval", model = "gpt-4o-mini", budget = "2", steps = "1500", seed = "13" }
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
local seed, steps = math.tointeger(number("seed")), math.tointeger(number("steps"))

-- What is trained, and how.
local recipes = {
    t5 = {
        name = "T5", about = "a T5 of 1 million parameters",
        new = { d_model = 128, d_ff = 256, d_kv = 32, num_heads = 4, num_layers = 2, vocab_size = 4000, dropout_rate = 0 },
        -- T5's own optimizer: its steps are relative to the weights, whose sizes differ a hundredfold in a T5.
        train = { optim = "adafactor", scale_parameter = true, learning_rate = 3e-2, max_source_length = 48 },
        generate = { no_repeat_ngram_size = 2 },
    },
    lstm = {
        name = "LSTM", about = "a pointer-generator, which can copy words from the text",
        new = { vocab_size = 10000 },
        train = { learning_rate = 2e-3, max_source_length = 64 },
        generate = {},
    },
}
local recipe = recipes[options.student]
    or error("demo: --student is 't5' or 'lstm', got '" .. options.student .. "'", 0)

-- Data --------------------------------------------------------------------------------------------------------
local corpus = data.load(corpus_path)
local parts = corpus:split({ gold = 0.45, background = 0.53, test = 0.02 }, { group = "source", seed = seed })
local test = parts.test:shuffle({ seed = seed }):take(500)
print(("data: %d gold pairs, %d background pairs for the teacher, %d test pairs"):format(
    #parts.gold, #parts.background, #test))

-- Teacher -----------------------------------------------------------------------------------------------------
local write = prompt [[Please write the long description of a Debian package based on the following one-line summary. '{{ summary }}']]
local ask = prompt [[Summarise the following description of a software package in one line of at most ten words, without a full stop: {{ document }}]]

local gpt, gold = nil, parts.gold
if options.teacher == "openai" then
    -- Prices are known for OpenAI's own models; another server gets a limit on calls instead.
    local is_openai = (os.getenv("OPENAI_BASE_URL") or ""):find("api.openai.com", 1, true) or not os.getenv("OPENAI_BASE_URL")
    gpt = teacher.open {
        "openai", model = options.model, temperature = 0.7, concurrency = 16,
        budget_usd = is_openai and number("budget") or nil, budget_calls = not is_openai and 10000 or nil,
    }
    gold = gold:shuffle({ seed = seed }):take(4000)     -- bounds the bill; both students see the same 4000 summaries
elseif options.teacher == "retrieval" then
    gpt = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }
else
    error("demo: --teacher is 'retrieval' or 'openai', got '" .. options.teacher .. "'", 0)
end
local pseudo = gpt:generate(gold, { prompt = write, output = "document" })

-- Students ----------------------------------------------------------------------------------------------------
-- The first table and what the second one adds to it.
local function with(base, more)
    for name, value in pairs(more) do base[name] = value end
    return base
end
local function train(pairs, max_steps)
    local s = student.new(options.student, recipe.new)
    local run = s:train(pairs, with({
        input = "document", target = "summary", max_steps = max_steps, batch_size = 64, seed = seed, warmup_steps = 100,
        max_target_length = 20,
    }, recipe.train))
    return s, run
end

-- Evaluation --------------------------------------------------------------------------------------------------
local rows = {}
local function evaluate(name, out, seconds)
    rows[#rows + 1] = {
        name = name, milliseconds = seconds and seconds * 1000 / #out,
        score = metrics.rouge(out, { prediction = "prediction", reference = "summary", stemmer = true, seed = seed }),
    }
end
local function evaluate_student(what, s)
    local start = now()
    local out = s:generate(test, with({ input = "document", max_new_tokens = 20, num_beams = 4 }, recipe.generate))
    evaluate(recipe.name .. ", " .. what, out, now() - start)
    return out
end

evaluate("lead (first sentence)", metrics.lead(test, { input = "document" }))
local start = now()
local zero_shot = gpt:generate(test, { prompt = ask, output = "prediction" })
evaluate("teacher, zero-shot: " .. gpt.name, zero_shot, now() - start)

evaluate_student("untrained", (train(gold, 0)))
local on_gold, gold_run = train(gold, steps)
local gold_out = evaluate_student("trained on gold", on_gold)
local on_pseudo, pseudo_run = train(pseudo, steps)
local pseudo_out = evaluate_student("trained on generated", on_pseudo)

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
print(("ROUGE F-measure × 100 on %d held-out texts; each student is %s, trained from scratch for %d steps of 64 pairs."):format(
    #test, recipe.about, steps))
print(("gold: %d human pairs, %.0f s of training; generated: %d pairs written by '%s', %.0f s."):format(
    #gold, gold_run.seconds, #pseudo, gpt.name, pseudo_run.seconds))
local by_gold, by_pseudo = rows[4].score.rouge1.fmeasure, rows[5].score.rouge1.fmeasure
if by_gold > 0 then
    print(("The student trained on generated text reaches %.0f %% of the ROUGE-1 of the one trained on gold."):format(
        by_pseudo / by_gold * 100))
end

for i = 1, 3 do
    print()
    print("document   " .. test[i].document:sub(1, 200):gsub("\n", " ") .. "…")
    print("human      " .. test[i].summary)
    print("on gold    " .. gold_out[i].prediction)
    print("on pseudo  " .. pseudo_out[i].prediction)
end
