-- Two students on the same test rows: is the difference real?
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
local parts = gold:split({ train = 0.5, test = 0.5 }, { seed = 2, stratify = "section" })

local function trained(trees)
  local s = student.new("gbdt", { task = "classify", min_df = 1 })
  s:train(parts.train, { input = "document", target = "section", n_estimators = trees, seed = 1 })
  return s:classify(parts.test, { input = "document" })
end
local small, large = trained(1), trained(20)
print(metrics.classification(small, { prediction = "prediction", reference = "section" }))
print(metrics.classification(large, { prediction = "prediction", reference = "section" }))
