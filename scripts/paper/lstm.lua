-- The pointer-generator of See et al. (2017) from scratch on the demo's corpus, next to the lead baseline.
--
--   scripts/lyceum run scripts/paper/lstm.lua $(scripts/corpus) [--steps N] [--seed N] [--part valid]
--
-- Corpus, split and test texts are those of scripts/demo.lua. The settings were chosen on --part valid: a share of the
-- gold pairs, without a source package in common with those that are trained on.
local options, i = { steps = "1500", seed = "13", part = "test" }, 2
while arg[i] do
    local name = arg[i]:match("^%-%-(%a+)$")
    if not (name and options[name] and arg[i + 1]) then
        error("lstm: cannot understand '" .. arg[i] .. "'; the options are --steps, --seed, --part", 0)
    end
    options[name] = arg[i + 1]
    i = i + 2
end
local seed, steps = math.tointeger(tonumber(options.seed)), math.tointeger(tonumber(options.steps))

local parts = data.load(arg[1]):split({ gold = 0.45, background = 0.53, test = 0.02 }, { group = "source", seed = seed })
local own = parts.gold:split({ train = 0.97, valid = 0.03 }, { group = "source", seed = seed })
local held = (options.part == "valid" and own.valid or parts.test):shuffle({ seed = seed }):take(500)
local gold = options.part == "valid" and own.train or parts.gold
print(("%d gold pairs, %d held-out texts (%s)"):format(#gold, #held, options.part))

local start, clock = metrics.clock(), os.clock()
local s = student.new("lstm", { vocab_size = 10000 })
s:train(gold, {
    input = "document", target = "summary", max_steps = steps, batch_size = 64, seed = seed,
    learning_rate = 2e-3, warmup_steps = 100, max_source_length = 64, max_target_length = 20,
})
print(("trained in %.0f s, %.0f s of processor time"):format(metrics.clock() - start, os.clock() - clock))

local function report(name, out)
    local score = metrics.rouge(out, { prediction = "prediction", reference = "summary", stemmer = true, seed = seed })
    local function cell(m) return ("%5.2f [%5.2f, %5.2f]"):format(m.fmeasure * 100, m.ci[1] * 100, m.ci[2] * 100) end
    print(("%-22s %s  %s  %s"):format(name, cell(score.rouge1), cell(score.rouge2), cell(score.rougeL)))
end
print(("%-22s %-20s  %-20s  %-20s"):format("", "ROUGE-1 [95 %]", "ROUGE-2 [95 %]", "ROUGE-L [95 %]"))
report("lead (first sentence)", metrics.lead(held, { input = "document" }))
report("lstm, greedy", s:generate(held, { input = "document", max_new_tokens = 20 }))
local out = s:generate(held, { input = "document", max_new_tokens = 20, num_beams = 4 })
report("lstm, 4 beams", out)
for k = 1, 3 do
    print("\ndocument   " .. held[k].document:sub(1, 200):gsub("\n", " ") .. "…")
    print("human      " .. held[k].summary)
    print("lstm       " .. out[k].prediction)
end
