import LuaBridge

// Pages for somebody who knows what they want to do, or how another tool calls it.
extension Scripting {
    /// How prompts are written and compared, what replies cost, and what other tools call things.
    static var wayTopics: [HelpTopic] {
        [
            HelpTopic(name: "chat", summary: "a prompt of several messages: system, user, assistant") {
                chatPage
            },
            HelpTopic(name: "few-shot", summary: "answered examples before the question") { fewShotPage },
            HelpTopic(name: "jinja", summary: "what a template can do: variables, filters, if, for") {
                jinjaPage
            },
            HelpTopic(
                name: "compare prompts", summary: "several prompts on the same rows, next to each other"
            ) {
                comparePage
            },
            HelpTopic(name: "cost", summary: "what was paid, what will be, and how to bound it") { costPage },
            HelpTopic(
                name: "from hugging face", summary: "transformers and datasets, and what it is called here"
            ) {
                huggingFacePage
            },
            HelpTopic(name: "sandbox", summary: "how to run a script that you did not write") { sandboxPage },
            HelpTopic(name: "from pandas", summary: "data frames, and what it is called here") { pandasPage },
        ]
    }

    private static let chatPage = """
        A chat is a prompt with roles. Every text is a template; {{ document }} is the row's column.

          ask = prompt {
            system = "You are a careful editor. Answer in one sentence.",
            user   = "Summarise this text: {{ document }}",
          }
          ask { document = "A cat sat on a mat." }     -- the messages as they are sent; print shows them whole
          gpt:generate(d, { prompt = ask, output = "summary" })

        Longer chats are lists:
          prompt { { role = "user", content = "Hello" }, { role = "assistant", content = "Hi." },
                   { role = "user", content = "{{ question }}" } }
        assistant = "…" after user begins the answer, on servers that go on from it. ask:save("ask.txt") and
        prompt.load("ask.txt") keep it in a file that reads well. See also: help "few-shot", help "jinja".
        """

    private static let sandboxPage = """
        A script that you did not write runs in a sandbox:

          lyceum run --sandbox script.lua                    it reads your files, and writes none
          lyceum run --sandbox --write out script.lua        it writes below out/
          lyceum run --sandbox --allow-host example.org …    it may talk to that server, and send it your keys

        It cannot start programs, load native code, see the environment (but for a few harmless variables) or /proc,
        or open plugins that did not come with Lyceum. --memory, --instructions and --seconds bound what it uses; a
        limit that is reached ends it, and no pcall holds that up. It may read every other file that you can read, and
        ask teachers at the providers' own addresses with your key: bound that with a budget.

        lyceum run --help lists the options with their defaults; SECURITY.md says exactly what is promised.
        """

    private static let fewShotPage = """
        A few-shot prompt shows answered questions before the one it asks. They come from a dataset.

          shots = data.from { { text = "I loved it", label = "good" }, { text = "So dull", label = "bad" } }
          ask = prompt {
            system = "Answer with good or bad.",
            user = "{{ text }}",
            examples = shots, answer = "{{ label }}",
          }
          ask { text = "What a day" }     -- system, then user and assistant for each example, then the question

        n = 4 takes the first four examples; with seed = 13 four at random. question = "…" is another template for
        the examples' questions. Without answer the template writes the examples out itself:
          prompt { user = "{% for e in examples %}{{ e.text }} → {{ e.label }}\\n{% endfor %}{{ text }} →",
                   examples = shots }
        ask.examples lists them. Take examples from the training part only: parts.train:take(4).
        """

    private static let jinjaPage = """
        Templates are written in Jinja's language, as chat templates and many prompt libraries do.

          {{ document }}                             a column of the row
          {{ document | truncate(400) }}             filters: trim, lower, upper, replace, join, length, …
          {{ title | default("untitled") }}          where a column may be empty
          {% if title %}Title: {{ title }}{% endif %}
          {% for s in sentences %}{{ loop.index }}. {{ s }} {% endfor %}
          {# a comment #}

        A variable that the row does not have is an error that names it. [[ … ]] quotes a text of several lines in
        Lua. p.variables lists what p needs; p { document = "…" } shows what is sent.
        """

    private static let comparePage = """
        The workshop asks every prompt of every teacher about the same rows, scores the answers, and says in one
        sentence which is better, by how much, and whether that is established:

          rows = gold:sample(20, { seed = 13 })
          w = workshop {
            prompts = { plain = "Summarise: {{ document }}", brief = "In ten words: {{ document }}" },
            teachers = gpt, data = rows, reference = "summary", n = 3,
            checks = { short = { max_words = 12 }, some = function(answer, row) return #answer > 0 end },
            judge = { teacher = other, input = "document", criterion = "faithful and complete" },
          }
          w                          -- best first: scores with intervals, cost, time; the sentence
          w:grid()                   -- walks through the answers with the keys
          w:show(3)  w:diff("plain", "brief", 3)  w:rows()
          vote(w)                    -- a person judges blind, one key a verdict; goes on where it stopped
          w:save("w.html")           -- a page; runs.report({ w.runs.plain }) has it, too, in any later session

        It says first what it would cost, and asks before it costs more than confirm_usd, or where the most is not known:
        give the teacher max_tokens, or budget_usd. p:optimize { … } searches for a better prompt; p:diff(q) says what
        changed, p:runs() which runs asked it.

        Without scores, one column of answers each:

          out = gpt:generate(rows, { prompt = {
            zero = "Summarise in one sentence: {{ document }}",
            few  = prompt { user = "{{ document }}", examples = shots, answer = "{{ summary }}" },
          } })
          show(out, { rows = 3, columns = { "zero", "few" } })     -- whole answers, next to each other

        and scored against the human texts, with a paired test:
          zero = metrics.rouge(out, { prediction = "zero", reference = "summary" })
          few  = metrics.rouge(out, { prediction = "few", reference = "summary" })
          metrics.compare({ zero, few })

        max_tokens, temperature and the other options of requests can be given to one call:
          gpt:generate(rows, { prompt = ask, output = "cold", temperature = 0, max_tokens = 60 })
        out:provenance() shows model, tokens, cost and time of each answer; out:cost() adds them up.
        """

    private static let costPage = """
        gpt:estimate(d, { prompt = p })     before: calls, tokens, a range in USD, what the lab already has
        teacher.open { "openai", model = "gpt-4o-mini", budget_usd = 5 }     a hard stop
        gpt.usage                           after: what this teacher has used
        out:cost()                          what the replies in a dataset cost, in any session
        out:provenance()                    tokens and USD of each answer

        A reply is bought once: the same question is answered from the lab (help "replies"). Where a server does
        not count tokens, they are estimated and marked so. An unknown price is unknown, not 0.
        """

    private static let huggingFacePage = """
        load_dataset("json", data_files=f)          data.load(f)
        ds.map(f), ds.filter(f), ds.select_columns  d:map(f), d:filter(f), d:select { "a", "b" }
        ds.train_test_split(test_size=0.1, seed=1)  d:split({ train = 0.9, test = 0.1 }, { seed = 1 })
        ds.shuffle(seed=1), ds[0]                   d:shuffle({ seed = 1 }), d[1]
        AutoModelForSeq2SeqLM.from_pretrained(p)    s = student.load(p)      a folder with config.json
        AutoConfig + from_config                    s = student.new("t5", { d_model = 128 })
        tokenizer(text)                             s:tokenize(text)
        Trainer(model, args, train_dataset=a,       s:train(a, { input = "document", target = "summary", valid = b,
          eval_dataset=b).train()                     learning_rate = 3e-4, num_train_epochs = 3, seed = 42 })
        per_device_train_batch_size                 batch_size
        max_seq_length                              max_source_length, max_target_length
        load_best_model_at_end, patience            the same, and early_stopping_patience
        model.generate(**x, num_beams=4)            s:generate(d, { input = "document", num_beams = 4 })
        pipeline("summarization")(text)             s(text)
        model.save_pretrained(p)                    s:save(p)                 transformers reads it back
        evaluate.load("rouge").compute(…)           metrics.rouge(out, { prediction = "prediction", reference = "summary" })

        Options of training and decoding have Hugging Face's names: help "t5" lists them with their defaults.
        """

    private static let pandasPage = """
        pd.read_csv(f), pd.read_json(f, lines=True) data.load(f)
        pd.DataFrame([{…}, {…}])                    data.from { { … }, { … } }
        df, df.head(10)                             d, d:take(10), show(d, { rows = 10 }) for whole texts
        len(df), df.columns                         #d, d.columns
        df.iloc[0], df.iloc[5:15]                   d[1], d:skip(5):take(10)          rows count from 1
        df["text"], df[["a", "b"]]                  d:column("text"), d:select { "a", "b" }
        df[df.label == "x"]                         d:filter { equals = { label = "x" } }
        df[df.text.str.len() < 100]                 d:filter { max_chars = { text = 99 } }
        df.assign(n=…)                              d:map(function(r) r.n = #r.text return r end)
        df.rename(columns={"a": "b"}), df.drop      d:rename { a = "b" }, d:drop "a"
        df.sort_values("n", ascending=False)        d:sort("n", { descending = true })
        df.label.value_counts()                     d:group("label")
        df.drop_duplicates("text"), df.sample(10)   d:dedup("text"), d:sample(10, { seed = 1 })
        df.describe()                               d:stats()
        pd.concat([a, b])                           a:concat(b)
        for i, row in df.iterrows()                 for i, r in ipairs(d) do … end
        df.to_csv(f), df.to_json(f)                 d:save("x.csv"), d:save("x.jsonl")

        A dataset never changes: every method makes a new one that shares the texts. d:history() says how.
        """
}
