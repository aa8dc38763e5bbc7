-- The whole road in small: gold pairs, a teacher that writes, a student that learns, a score.
--   scripts/lyceum run scripts/examples/quickstart.lua
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
print(gold)

-- The embedded teacher needs no key: it composes text from the sentences of a background corpus. With a key, use
-- teacher.open { "openai", model = "gpt-4o-mini", budget_usd = 1 } instead.
local parts = gold:split({ train = 0.5, background = 0.5 }, { seed = 1, stratify = "section" })
local teacher = teacher.open { "retrieval", corpus = parts.background, input = "document", target = "summary" }
local write = prompt [[Please write a package description based on this summary. '{{ summary }}']]
local pseudo = teacher:generate(parts.train, { prompt = write, output = "document" })

-- A tiny student learns from what the teacher wrote.
local student = student.new("lstm", { embedding_size = 16, hidden_size = 16 })
student:train(pseudo, { input = "document", target = "summary", max_steps = 30, batch_size = 8, learning_rate = 1e-2, seed = 1 })
local out = student:generate(parts.background, { input = "document", max_new_tokens = 8 })
print(metrics.rouge(out, { prediction = "prediction", reference = "summary", stemmer = true }))
