-- A teacher's answers are scored, and only the good ones are kept. ROUGE against the source stands in for a judge here,
-- so that the script needs no key; help "judge" shows the same with a language model.
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
local teacher = teacher.open { "retrieval", corpus = gold, input = "document", target = "summary" }
local answered = teacher:generate(gold, { prompt = prompt [[Summarise: {{ document }}]], output = "answer" })

local score = metrics.rouge(answered, { prediction = "answer", reference = "summary", types = { "rouge1" } })
print(score)
local values = score:rows():column("rouge1_fmeasure")
local row = 0
local good = answered:filter(function() row = row + 1 return values[row] >= 0.3 end)
print(("%d of %d answers are kept"):format(#good, #answered))
