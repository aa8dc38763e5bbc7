-- A training run that was stopped goes on from its newest checkpoint. Here the first call stops by itself after 10 steps;
-- after Ctrl-C or a kill it is the same.
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
local folder = os.tmpname() .. "-run"
local options = { input = "document", target = "summary", batch_size = 8, save_steps = 5, output_dir = folder, seed = 1 }

local student = student.new("lstm", { embedding_size = 16, hidden_size = 16 })
options.max_steps = 10
print(student:train(gold, options).steps)
options.max_steps, options.resume = 20, true
print(student:train(gold, options).steps)
