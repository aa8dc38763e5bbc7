import LuaBridge

extension Scripting {
    /// Pages of help that belong to no function.
    static var generalTopics: [HelpTopic] {
        [
            HelpTopic(name: "experiment", summary: "the whole road in ten lines") {
                """
                The whole road: gold pairs, a teacher that writes, a student that learns, a score.

                  gold   = data.load("pairs.jsonl")                        -- records: document, summary
                  parts  = gold:split({ train = 0.9, test = 0.1 }, { seed = 13 })
                  write  = prompt [[Please write a news article based on this summary. '{{ summary }}']]
                  gpt    = teacher.open { "openai", model = "gpt-4o-mini", concurrency = 32, budget_usd = 5 }
                  pseudo = gpt:generate(parts.train, { prompt = write, output = "document" })
                  t5     = student.new("t5", { d_model = 192, num_layers = 2, vocab_size = 8000 })
                  run    = t5:train(pseudo, { input = "document", target = "summary", max_steps = 1500, batch_size = 64,
                                              optim = "adafactor", scale_parameter = true, learning_rate = 3e-2 })
                  out    = t5:generate(parts.test, { input = "document" })
                  print(metrics.rouge(out, { prediction = "prediction", reference = "summary", stemmer = true }))

                After Ding et al. 2024, doi 10.5281/zenodo.10841043.
                """
            },
            HelpTopic(
                name: "replies",
                summary: "what teachers' replies cost, where they are kept, how they are limited"
            ) {
                repliesPage
            },
            HelpTopic(
                name: "huggingface", summary: "models and data sets of the Hugging Face Hub, and the cache"
            ) {
                hubPage
            },
            HelpTopic(
                name: "write a student", summary: "add a student, teacher, metric or kind of file of your own"
            ) {
                """
                A plugin adds to Lyceum what it does not have. In a shell, not at this prompt:

                  lyceum plugin new tiny                  -- --kind student, recurrent, copying, classifier, teacher, metric, format
                  lyceum plugin build tiny                -- compiles it and installs it for you
                  lyceum plugin check tiny                -- tries it against its contract, clause by clause
                  lyceum plugin remove tiny

                then, here:

                  s = student.new("tiny")                 -- Tab knows its options, help "tiny" shows them

                In a session plugins.build("tiny") builds again, and plugins.list() shows what there is and why something
                is not used. The author's guide says the rest (options, modules, what decode is called with, copying, what
                to do if it does not learn): guide/README.md in the folder that `lyceum doctor` calls program, or
                plugins/README.md in a checkout.
                """
            },
            HelpTopic(name: "judge", summary: "a teacher that scores, and what is kept by its scores") {
                """
                A judge is a teacher whose replies have a structure; its scores become columns.

                  judge  = teacher.open { "openai", model = "gpt-4o-mini", temperature = 0,
                                          schema = { score = "integer", why = "string" } }
                  ask    = prompt [[From 1 to 5, how faithful is the article to the summary?
                           Summary: {{ summary }} Article: {{ article }}]]
                  judged = judge:generate(pseudo, { prompt = ask, output = "verdict" }):unpack "verdict"
                  good   = judged:filter(function(r) return r.score >= 4 end)

                A label is a choice, written as a list: schema = { label = { "libs", "doc" } }.

                To compare two systems, metrics.judge asks in both orders (a verdict that depends on the order is a
                tie) and says how often it was consistent, the win rate with its interval and at equal length, and how
                far it agrees with people; of one system it gives grades, which are a metric like any other:

                  s = metrics.judge({ new, old }, { teacher = gpt, input = "task", names = { "new", "old" } })
                  v = vote({ new, old }, { input = "task" })     -- a person's verdicts, blind
                  metrics.judge({ new, old }, { teacher = gpt, input = "task", labels = v })

                dataset:curate tests what needs no judge: refusals, lengths, duplicates, contamination.
                """
            },
            HelpTopic(name: "words", summary: "what a word is, wherever words are counted or compared") {
                """
                A word is a run of letters, marks and digits of any script, in lower case; everything else separates:
                "Don't stop" has three words (don, t, stop). Scripts that put no space between words have a word for each
                character: Chinese, Japanese kana, Thai, Lao, Khmer, Burmese (a letter with its marks). So "東京へ" has three.

                It is what metrics.rouge calls tokenizer = "unicode", and the same in d:filter { min_words = … },
                d:stats, d:dedup("text", { near = … }), d:curate, metrics.lead, the retrieval teacher's BM25 and the sentences and
                words of gbdt. Texts without any word ("?!", "…") have 0 words and are compared as they stand. gbdt's
                TF-IDF takes words of two or more letters, as scikit-learn does, besides those single characters.
                """
            },
            HelpTopic(name: "lab", summary: "what is remembered of runs, and where") {
                """
                The lab remembers what was trained, generated and scored: .lyceum in the working folder, or what
                --lab FOLDER or LYCEUM_LAB names; --no-lab remembers nothing. It is created when the first run is recorded.

                  runs.list { kind = "train", sort = "loss" }    -- a table; runs.list()[1] is a run
                  runs.get(1)                                    -- one run: how it went, how it scored
                  runs.compare({ 1, 2 })                         -- what differs, then scores with intervals
                  run:plot { "loss", "eval_loss" }                -- in the terminal; :save("loss.svg")
                  runs.plot({ 1, 2 }, "eval_loss")               -- over one another
                  run:history("loss"); run:predictions(); run:note("…"); run:tag("paper")
                  runs.sql("select * from runs")                 -- read only
                  runs.report({ 1, 2 }, { file = "report.html" })  -- one page for a reader without Lyceum
                  runs.backup("backup/")                         -- a copy of the database, also while it is in use

                student:train records a run; what that student generates or classifies belongs to it. The scores of
                metrics.rouge, .classification and .latency go to the run that made the predictions, or to run = n.
                Everything is committed as it happens. A run whose process was killed is listed as abandoned, with all
                steps it had reported. Where the lab cannot be written, one line says why and the work goes on.
                """
            },
        ]
    }
}
