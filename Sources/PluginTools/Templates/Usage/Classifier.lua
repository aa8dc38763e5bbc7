s = student.new("template")
s:train(data.load("labelled.jsonl"), { input = "text", target = "label" })
s "A text to classify"
help "template"
