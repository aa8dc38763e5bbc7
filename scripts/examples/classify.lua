-- [text] → [class]: a boosted-trees student, its accuracy with an interval, and the confusion matrix.
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
local parts = gold:split({ train = 0.75, test = 0.25 }, { seed = 3, stratify = "section" })

local trees = student.new("gbdt", { task = "classify", min_df = 1 })
trees:train(parts.train, { input = "document", target = "section", n_estimators = 10, seed = 1 })
local out = trees:classify(parts.test, { input = "document" })
print(metrics.classification(out, { prediction = "prediction", reference = "section" }))
