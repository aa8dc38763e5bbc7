-- One training of many short rounds: prints the given name, the seconds it took, and the rounds.
local rows = {}
for i = 1, 2000 do
  local words = {}
  for k = 1, 20 do words[k] = "w" .. (i * 31 + k * k * 7 + (i % 3) * k) % 400 end
  rows[i] = { text = table.concat(words, " "), label = ({ "a", "b", "c" })[i % 3 + 1] }
end
local data = data.from(rows)
local rounds = 400
local gbdt = student.new("gbdt", { task = "classify", min_df = 1 })
local start = metrics.clock()
gbdt:train(data, { input = "text", target = "label", n_estimators = rounds })
print(..., metrics.clock() - start, rounds)
