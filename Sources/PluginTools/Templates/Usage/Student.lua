s = student.new("template", { d_model = 64 })
s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
s "A text to summarise"
help "template"
