-- Three wordings of one question, side by side: a plain prompt, one with examples, a chat.
local here = arg[0]:match("^(.*)/") or "."
local gold = data.load(here .. "/pairs.jsonl")
local rows, shown = gold:take(3), gold:skip(13)

local plain = prompt [[Summarise in at most six words: {{ document }}]]
local few = prompt {
  user = [[Summarise: {{ document }}]],
  examples = shown, answer = [[{{ summary }}]],
}
local chat = prompt {
  system = [[You write one-line summaries of software packages.]],
  user = [[{{ document }}]],
}
print(plain(rows[1]))
print(few(rows[1]))
print(chat(rows[1]))

local teacher = teacher.open { "retrieval", corpus = gold, input = "document", target = "summary" }
print(teacher:generate(rows, { prompt = plain, output = "answer" }):select { "answer", "summary" })
