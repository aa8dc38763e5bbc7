-- From an idea for a prompt to a claim one can defend, in one sitting. tutorial.md explains it line by line.
--   scripts/lyceum run scripts/examples/tutorial.lua
local here = arg[0]:match("^(.*)/") or "."

-- 1. Data: people's summaries, and parts that never meet.
gold = data.load(here .. "/pairs.jsonl"):select { "document", "summary", "section" }
parts = gold:split({ train = 0.5, background = 0.25, test = 0.25 }, { seed = 13, stratify = "section" })

-- 2. A teacher. The embedded one needs no key; help "openai" shows how to open a language model.
gpt = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }

-- 3. Three wordings of the same wish, on a few rows, next to each other.
ideas = {
    plain = prompt [[Please write a package description based on this summary. '{{ summary }}']],
    short = prompt [[Describe the package '{{ summary }}' in two sentences.]],
    chat = prompt { system = "You maintain packages.", user = "Write the description of: {{ summary }}" },
}
few = parts.train:take(4)
print(ideas.chat { summary = "library for parsing dates" })
answers = gpt:generate(few, { prompt = ideas })
show(answers, { columns = { "summary", "plain", "short", "chat" }, width = 100 })

-- 4. Which wording brings the teacher nearest to what people wrote? Paired tests say whether that is established.
local scores, names = {}, {}
for _, name in ipairs { "plain", "short", "chat" } do
    scores[#scores + 1] = metrics.rouge(answers, { prediction = name, reference = "document", seed = 13 })
    names[#names + 1] = name
end
print(metrics.compare(scores, { names = names, seed = 13 }))

-- 5. What the whole would cost, before it is asked.
print(gpt:estimate(parts.train, { prompt = ideas.plain, output = "document" }))

-- 6. The teacher writes; what cannot be learned from goes, with a reason.
pseudo = gpt:generate(parts.train, { prompt = ideas.plain, output = "document", name = "descriptions" })
kept = pseudo:curate { column = "document", min_words = 3, max_words = 200, duplicates = true }
print(kept.report)

-- 7. Two students that differ in one thing only: who wrote what they read.
local function learn(pairs, name)
    local s = student.new("lstm", { embedding_size = 16, hidden_size = 16 })
    local run = s:train(pairs, { input = "document", target = "summary", max_steps = 40, batch_size = 8, learning_rate = 1e-2,
        seed = 13, name = name })
    return s, run
end
on_gold, gold_run = learn(parts.train, "on gold")
on_pseudo, pseudo_run = learn(kept, "on generated text")

-- 8. The same held-out rows for both, and for the simplest rule there is.
gold_out = on_gold:generate(parts.test, { input = "document", max_new_tokens = 8 })
pseudo_out = on_pseudo:generate(parts.test, { input = "document", max_new_tokens = 8 })
lead_out = metrics.lead(parts.test, { input = "document" })
show(pseudo_out, { rows = 2, columns = { "document", "summary", "prediction" } })

-- 9. The claim: how far apart, and is it established? So few rows can hardly establish anything; the table says so.
local how = { reference = "summary", stemmer = true, seed = 13 }
verdict = metrics.compare(
    { metrics.rouge(gold_out, how), metrics.rouge(pseudo_out, how), metrics.rouge(lead_out, how) },
    { names = { "on gold", "on generated", "lead" }, seed = 13 })
print(verdict)

-- 10. One page for whoever doubts it.
page = os.tmpname() .. ".html"
runs.report({ gold_run, pseudo_run }, { file = page, title = "Human or generated text?" })
os.remove(page)
