s = student.new("template", { hidden_size = 128 })
s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
s "A text to summarise"
help "template"
