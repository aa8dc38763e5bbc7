---@meta
-- Written by ReferenceTests from the declarations in Sources/Scripting; do not edit.

do
---An immutable table of records. #d counts its rows, d[1] is the first (read-only), ipairs(d) walks them; d == e compares the content, show(d, { rows = 3 }) shows whole texts.
---@class dataset
---@field columns any the column names, a list
---@field fingerprint any a hash of the content: equal for equal rows
---@field failed any the rows that a teacher did not answer, with a column 'reason'; or nil
---@field dropped any the rows that curate left out, with a column 'reason'; or nil
---@field report any what curate did, in one line; or nil
local dataset = {}

---@class dataset.filter.keep
---@field column? string the column that plain values are about: column = "text", min_chars = 5 instead of min_chars = { text = 5 }
---@field min_chars? table column = the fewest characters
---@field max_chars? table column = the most characters
---@field min_words? table column = the fewest words; what a word is: help "words"
---@field max_words? table column = the most words
---@field equals? table column = a value, or a list of values of which it is one
---@field contains? table column = a text that it contains
---@field not_empty? string[] columns that hold more than white space

---Keeps the rows for which a function returns true, or conditions hold.
---@param keep function|dataset.filter.keep a function that sees each record, which it cannot change; or conditions that must all hold, which are tested on all cores and noted in the history
---@return dataset # a dataset
function dataset:filter(keep) end

---Makes a new record from each record.
---@param change function gets a copy of each record and returns the new one (the copy, changed, will do)
---@return dataset # a dataset
function dataset:map(change) end

---Returns the first n rows (all, if there are fewer).
---@param n integer how many rows
---@return dataset # a dataset
function dataset:take(n) end

---Returns all rows except the first n.
---@param n integer how many rows
---@return dataset # a dataset
function dataset:skip(n) end

---@class dataset.shuffle.options
---@field seed? integer equal seeds give equal choices (default 42)

---Shuffles the rows.
---@param options? dataset.shuffle.options how
---@return dataset # a dataset
function dataset:shuffle(options) end

---@class dataset.sample.options
---@field seed? integer equal seeds give equal choices (default 42)

---Draws n different rows at random (all, if there are fewer).
---@param n integer how many rows
---@param options? dataset.sample.options how
---@return dataset # a dataset
function dataset:sample(n, options) end

---@class dataset.sort.options
---@field descending? boolean largest values first (default false)

---Sorts the rows by a column: numbers, then texts, nil last; equal rows keep their order.
---@param column string what to sort by
---@param options? dataset.sort.options how
---@return dataset # a dataset
function dataset:sort(column, options) end

---Appends the rows of other datasets.
---@param other dataset the rows to add
---@param ... any
---@return dataset # a dataset; a column that one of them lacks is nil there
function dataset:concat(other, ...) end

---@class dataset.dedup.options
---@field near? number drops near-duplicates of one column: texts of which this share of runs of words (help "words") is common (Jaccard; 0.8 is usual)
---@field near_words? integer the length of these n-grams (default 5)

---Keeps the first of rows that are equal, or nearly.
---@param columns? string|string[] compares these columns only; all if left out
---@param options? dataset.dedup.options how alike
---@return dataset # a dataset
function dataset:dedup(columns, options) end

---@class dataset.split.options
---@field seed? integer equal seeds give equal choices (default 42)
---@field group? string a column whose equal values stay in one part, so that near-copies do not leak
---@field stratify? string a column each of whose values has the same share in every part

---Splits the rows at random into named parts.
---@param parts table name = fraction (at most 1.0) or name = count of rows; 1.0 is all of them, 1 is one row
---@param options? dataset.split.options how
---@return table # a table of datasets by name
function dataset:split(parts, options) end

---Keeps these columns, in this order.
---@param columns string|string[] a name, or a list of names
---@return dataset # a dataset
function dataset:select(columns) end

---Leaves these columns out; "teacher_*" means all that begin with teacher_.
---@param columns string|string[] a name, or a list of names
---@return dataset # a dataset
function dataset:drop(columns) end

---Renames columns.
---@param names table old = "new" for each
---@return dataset # a dataset
function dataset:rename(names) end

---Returns the values of one column.
---@param name string its name
---@return table # a list
function dataset:column(name) end

---Counts how often each value of a column occurs.
---@param column string its name
---@return dataset # a dataset of the column and `count`, the most frequent first
function dataset:group(column) end

---@class dataset.stats.options
---@field columns? string[] which; every column of texts if left out
---@field tokens? any a function text → count or list, or a student whose vocabulary counts: adds lengths in tokens

---How long texts are: min, median, mean, 95th percentile and max, in characters and words (help "words").
---@param options? dataset.stats.options what to measure
---@return dataset # a dataset: a row for each column and unit
function dataset:stats(options) end

---Shows what the rows were loaded from and what has been done with them since.
---@return dataset # a dataset: step, operation, detail, rows, the fingerprint where one was asked for, and the number of the run that made the column
function dataset:history() end

---Reads the JSON objects in a column, such as a teacher with a schema writes, and makes their fields columns; a column of the same name is replaced.
---@param column string texts of JSON, or tables
---@return dataset # a dataset; a field that a row lacks is nil there
function dataset:unpack(column) end

---@class dataset.curate.options
---@field column string the text that is judged
---@field refusals? boolean drops rows in which the model refused ("I'm sorry, but I can't…") (default false)
---@field boilerplate? "strip"|"drop"|"keep" words around the answer ("Sure, here is…:", "I hope this helps!"): taken off, or the row dropped (default keep)
---@field reasoning? "strip"|"drop"|"keep" what a model thought before its answer (<think>…</think>): taken off, or the row dropped (default strip)
---@field min_chars? integer minimum number of characters
---@field max_chars? integer maximum number of characters
---@field min_words? integer minimum number of words; what a word is: help "words"
---@field max_words? integer maximum number of words
---@field min_tokens? integer minimum number of tokens, as `tokens` counts them
---@field max_tokens? integer maximum number of tokens, as `tokens` counts them
---@field tokens? any a student whose vocabulary counts tokens, special ones included, or a function text → count or list
---@field other_column? string the other column of the pair, for compression
---@field min_compression? number minimum words of `column` for each word of `other_column`
---@field max_compression? number maximum words of `column` for each word of `other_column`
---@field script? "Latin"|"Greek"|"Cyrillic"|"Armenian"|"Hebrew"|"Arabic"|"Devanagari"|"Bengali"|"Tamil"|"Thai"|"Georgian"|"Hangul"|"Japanese"|"Han" the writing system of the language
---@field min_script_share? number minimum share of letters in that script (default 0.8)
---@field duplicates? boolean drops a text that an earlier row has, ignoring white space (default false)
---@field near? number drops a text whose word n-grams overlap with an earlier row's by at least this much (Jaccard similarity; 0.8 is usual)
---@field near_words? integer the length of these n-grams (default 5)
---@field test? dataset the test set: rows that share a run of words with it are dropped
---@field test_column? string its texts; else `column`
---@field test_words? integer the length of these n-grams, in words (GPT-3: 13) (default 13)

---Keeps the rows whose text is fit to learn from, and reports what was dropped and why. Reasoning before the answer is taken off; beyond that only what is asked for is tested, in the order of the options.
---@param options dataset.curate.options what the text must be like
---@return any # the rows that passed; the others are in its `dropped` with a column 'reason', and the counts in its `report`
function dataset:curate(options) end

---@class dataset.clean_news.options
---@field article? string the column of the articles (default article)
---@field highlights? string the column of the highlights, a line each (default highlights)
---@field openings? boolean removes what CNN's articles open with: "(CNN)", "LONDON, England (CNN) --" (default false)
---@field bylines? boolean removes what the Daily Mail's articles open with: "By . Jane Doe . PUBLISHED: . …" (default false)
---@field spaces? boolean removes the space before the full stop that ends a line of the highlights (default false)
---@field labels? boolean removes "NEW: " at the beginning of a line of the highlights (default false)
---@field duplicates? boolean drops a row whose article an earlier row has, ignoring white space and case (default false)
---@field without? dataset drops a row whose article is in this one too (another split; join several with :concat)

---Applies the usual clean-ups of CNN/DailyMail; each is off unless it is asked for, and the counts are noted.
---@param options dataset.clean_news.options what to clean
---@return dataset # a dataset
function dataset:clean_news(options) end

---@class dataset.save.options
---@field provenance? boolean adds where generated values come from, as columns teacher_model, teacher_cost_usd, … (default false)
---@field compression? "zstd"|"snappy"|"gzip"|"brotli"|"lz4"|"none" of .parquet files; of .arrow and .feather files zstd, lz4 or none (default zstd)
---@field row_group_size? integer the most rows of a row group of a .parquet file (default 8192)

---Writes the rows to a file, which is replaced as a whole or not at all.
---@param path string ends in .jsonl, .json, .csv or .tsv, each also with .gz behind it; or in .parquet, .arrow, .feather
---@param options? dataset.save.options what; also those of a plugin's kind of file
---@return dataset # the dataset itself
function dataset:save(path, options) end

---Shows where generated values come from: model, template, tokens, cost and time of each answer.
---@param column? string the generated column; all of them if left out
---@return dataset # a dataset: a row for each value, with `row` and `column` first; empty if nothing was generated
function dataset:provenance(column) end

---What the replies behind a dataset cost: of all teacher runs in its history and of those whose work they read; of a dataset that none made, of the runs that were made from it. Each reply counts once, however often it was reused.
---@return prompt # { replies, prompt_tokens, completion_tokens, cost_usd, unpriced }, where cost_usd is nil if no price is known and `unpriced` replies are missing from it; nil if the lab knows of no such run
function dataset:cost() end

---Frees its memory now, unless something else uses it. Using it afterwards is an error.
---@return any # nothing
function dataset:close() end
end

do
---A template for a teacher: call it with a record to see what the teacher would be sent.
---@class prompt
---@field variables any the names of the variables, a list
---@field options any the model and options kept with it, a table for teacher.open
---@field hash any of the prompt as it is written: the lab's runs know it by this; see prompt:runs
---@field examples any the answered questions that it shows, a list of records; nil without
---@overload fun(record: table): any
local prompt = {}

---Writes the prompt to a text file: options as `name: value` between two lines `---`, then each message under a line `--- system ---`, `--- user ---`, `--- assistant ---`; text under none is the user's. Examples are a JSON list under `examples:`, their templates under `--- question ---` and `--- answer ---`.
---@param path string the file
---@return prompt # the prompt
function prompt:save(path) end

---Shows what changed from this prompt to another, word by word: [-taken away-]{+put in+}.
---@param other prompt the newer one
---@return any # whether anything changed
function prompt:diff(other) end

---The runs of the lab that asked this prompt, oldest first.
---@return table # a list of numbers, for runs.compare and runs.get
function prompt:runs() end

---@class prompt.optimize.options
---@field data dataset rows with the prompt's variables and the reference
---@field teacher teacher who answers
---@field reference string the column of what should be answered
---@field metric? string by which answers are scored; its first figure decides (default exact_match)
---@field metric_options? table the metric's own
---@field score? function a function (answer, row) → number, true or false, in place of a metric
---@field proposer? teacher who proposes instructions; else the teacher itself
---@field max_examples? integer maximum number of examples in a prompt (default 4)
---@field example_trials? integer sets of examples that are tried (default 8)
---@field instruction_trials? integer instructions that are proposed and tried (default 4)
---@field valid? number the share of the rows on which candidates are compared (default 0.3)
---@field test? number the share of the rows on which the winner is measured (default 0.3)
---@field good_score? number from here on an answer of the teacher's serves as an example; else the best there is
---@field budget_calls? integer maximum number of requests
---@field budget_usd? number budget
---@field save? string where the winner is written as a prompt file
---@field seed? integer decides the split and every choice (default 42)
---@field resamples? integer trials of the test of the gain (default 2000)
---@field confidence? number of its interval (default 0.95)

---Looks for a better prompt: examples at random, answers of the teacher's own that were right, and instructions that a teacher proposes. Candidates are compared on validation rows; the gain is measured on held-out rows that nothing was chosen on.
---@param options prompt.optimize.options what is searched, and how far
---@return optimization # an optimization: o.prompt, the winner; o.gain { difference, ci, p, rows }; o.trials; o.sentence
function prompt:optimize(options) end
end

do
---How a model wants a conversation written down, rendered exactly as transformers renders it (apply_chat_template). Call it with the values that the template asks for.
---@class chat_template
---@field source any the template's text
---@field tokens any what its file says of bos_token, eos_token, …: a table
---@overload fun(values: table): any
local chat_template = {}
end

do
---Answers requests: a language model, or a stand-in. Call it with a text for one answer.
---@class teacher
---@field name any display name: "gpt-4o-mini"
---@field kind any how it was opened: "openai", "retrieval"
---@field usage any what it has used: { calls, prompt_tokens, completion_tokens, estimated, cost_usd }; `estimated` counts the replies whose tokens the server did not say
---@overload fun(question: string|table[]): any
local teacher = {}

---@class teacher.generate.options
---@field prompt any what to ask about each row: a prompt, a template in quotes, or several, as { zero = p1, few = p2 }, which give a column each
---@field output? string the column that takes the answers (default reply)
---@field name? string what the run is called in runs.list; else teacher, model and rows
---@field n? integer answers to each row; each is a row of the result (default 1)
---@field fresh? boolean ignores kept replies and asks again; the new reply replaces the kept one (default false)
---@field batch? boolean submits the questions to the server's Batch API, answered within a day, at OpenAI for half the price; repeat the call, in a later session too, to fetch the replies (help "replies") (default false)
---@field wait? boolean with batch: waits until the batch is done; false hands over, or fetches what is done, and returns (default true)
---@field provenance? boolean adds columns teacher_model, teacher_cost_usd, …; without them d:provenance() shows the same, and d:save(path, { provenance = true }) writes it (default false)

---Answers a prompt for each row of a dataset, or one text, or each text of a list. What was asked before is not asked again: replies are kept in the lab as they arrive, under the request as it is sent.
---@param data dataset|string[]|string a dataset, whose columns are the prompt's variables; or what is sent as it is: a text, or a list of texts
---@param options? teacher.generate.options how; also max_tokens, temperature and the like for this call: help "openai"; for texts only these, name, n and fresh
---@return any # the answered rows with the new column, or one for each prompt; rows without an answer are in its `failed`. For a text the answer, for a list a list of answers; with n above 1 lists of answers
function teacher:generate(data, options) end

---Asks again for the rows of a result that failed, and only for those.
---@param result dataset what teacher:generate returned
---@return any # the result with what was answered now; what still fails is in its `failed`
function teacher:retry(result) end

---@class teacher.estimate.options
---@field prompt any what to ask about each row: a prompt, a template in quotes, or several, as { zero = p1, few = p2 }, which give a column each
---@field output? string the column that takes the answers (default reply)
---@field name? string what the run is called in runs.list; else teacher, model and rows
---@field n? integer answers to each row; each is a row of the result (default 1)
---@field fresh? boolean ignores kept replies and asks again; the new reply replaces the kept one (default false)
---@field batch? boolean submits the questions to the server's Batch API, answered within a day, at OpenAI for half the price; repeat the call, in a later session too, to fetch the replies (help "replies") (default false)
---@field wait? boolean with batch: waits until the batch is done; false hands over, or fetches what is done, and returns (default true)
---@field provenance? boolean adds columns teacher_model, teacher_cost_usd, …; without them d:provenance() shows the same, and d:save(path, { provenance = true }) writes it (default false)

---Estimates what teacher:generate with these arguments would send and cost; nothing is sent.
---@param data dataset as for generate
---@param options teacher.estimate.options as for generate
---@return any # { replies, reused, handed_over, calls, prompt_tokens, completion_tokens, usd_low, usd_high, usd_saved, basis }: `reused` replies are in the lab and save `usd_saved`, `handed_over` ones are on their way in a batch; what is not known is nil
function teacher:estimate(data, options) end

---Frees its memory now, unless something else uses it. Using it afterwards is an error.
---@return any # nothing
function teacher:close() end
end

do
---A small model that learns from examples. Call it with a text for one answer.
---@class student
---@field architecture any the id of its architecture: "t5"
---@field tasks any what it can do, a list of "generate", "classify"
---@overload fun(text: string, options?: table): any
local student = {}

---@class student.train.options
---@field input string the column it reads
---@field target string the column it should write
---@field valid? dataset held-out pairs, on which eval_loss is measured
---@field name? string what the run is called in runs.list; else architecture and data

---Trains on the rows of a dataset, starting from its current weights.
---@param data dataset the training pairs
---@param options student.train.options also the architecture's own: see help "t5"
---@return run # a run: steps, seconds, the loss curve
function student:train(data, options) end

---@class student.generate.options
---@field input? string the column it reads; required for a dataset
---@field output? string the column it writes (default prediction)
---@field name? string makes a run of its own of this name; else it belongs to the training

---Writes one text for each row, for each text of a list, or for one text.
---@param data dataset|string[]|string what it reads
---@param options? student.generate.options also the architecture's own: see help "t5"
---@return dataset # the dataset plus the column; for a list, a list of texts; for a text, the answer. With num_return_sequences above 1 also a column with "_all" behind its name that holds lists of texts; for a list, lists of texts
function student:generate(data, options) end

---@class student.classify.options
---@field input? string the column it reads; required for a dataset
---@field output? string the column that takes the label (default prediction)
---@field name? string makes a run of its own of this name; else it belongs to the training
---@field probability? string the column that takes its probability (default probability)
---@field all_probabilities? boolean the probability of every label: for a text a table of label = probability instead of the label, for a list a list of them, for a dataset a further column probability_all (default false)

---Classifies each row, each text of a list, or one text.
---@param data dataset|string[]|string what it reads
---@param options? student.classify.options also the architecture's own: see help "gbdt"
---@return dataset # the dataset plus both columns; for a list, a list of labels; for a text, the label. With all_probabilities tables of label = probability, 0…1
function student:classify(data, options) end

---@class student.loss.options
---@field input string the column it reads
---@field target string the column whose texts are judged

---Measures the mean loss per target token, in nats; nothing is learned.
---@param data dataset the pairs
---@param options student.loss.options also max_source_length, max_target_length, batch_size, precision
---@return number # a number; exp of it is the perplexity
function student:loss(data, options) end

---@class student.save.options
---@field template? string the prompt template that its inputs were made with: lyceum serve puts each request's text into it; a student that was loaded keeps its own
---@field precision? "fp32"|"int8" the weights' number format; "int8", for students that write texts, takes a quarter of the disk and of the memory, and such a folder cannot be trained; else as they are

---Writes the student to a folder, which is replaced as a whole or not at all.
---@param folder string its path
---@param options? student.save.options what goes along
---@return student # the student itself
function student:save(folder, options) end

---Frees its memory now, unless something else uses it. Using it afterwards is an error.
---@return any # nothing
function student:close() end

---Tokenizes a text as the student does.
---@param text string any text; nothing is put before it, nothing cut off
---@return table # a list of ids, those of the special tokens that frame a text included
function student:tokenize(text) end

---Shows the tokens of a text, one for each id of student:tokenize.
---@param text string any text
---@return table # a list of texts
function student:pieces(text) end

---Decodes ids into text, without special tokens.
---@param ids table[] ids, as student:tokenize gives them
---@return any # the text
function student:detokenize(ids) end

---Lists the network's weights.
---@return dataset # a dataset of name, shape, dtype, count (of elements), norm
function student:weights() end

---Returns one weight of the network.
---@param name string as student:weights lists it
---@return tensor # a tensor, which prints as PyTorch prints it
function student:weight(name) end
end

do
---What a student or a teacher did: its progress, its output and its scores.
---@class run
---@field number any its number in the lab; nil if it could not be recorded
---@field title any what it is called
---@field kind any "train", "generate" or "evaluate"
---@field state any "running", "finished", "cancelled", "failed" or "abandoned"
---@field steps any optimizer steps done
---@field epochs any passes over the data
---@field seconds any wall-clock time, in seconds
---@field tokens any tokens trained on, padding excluded
---@field loss any the last training loss, in nats per token
---@field checkpoint any the folder of the last checkpoint, or nil
---@field options any the options in force, by name
---@field rows any how many rows it worked on
---@field cost any what the replies cost that went into it: { replies, prompt_tokens, completion_tokens, cost_usd, unpriced }; or nil
---@field seed any the seed
---@field data any the fingerprints of its datasets, by role
---@field versions any what it was made with
---@field parents any the numbers of the runs whose output it used
---@field commit any the git commit of the working folder, or nil
---@field host any the machine
---@field started any when it began, in UTC
---@field problem any why it failed, or nil
---@field tags any its tags, a list
---@field scores any its newest scores by evaluation and name: { value =, low =, high = }
local run = {}

---A recorded metric step by step, such as the loss.
---@param name string "loss", "eval_loss", "learning_rate"
---@return table # a list of { step =, value = }
function run:history(name) end

---@class run.plot.options
---@field log? boolean a logarithmic axis (default false)
---@field smooth? number the weight of the past in a moving mean; 0 draws what was measured; if left out, a curve of more than 50 points that jumps is smoothed by 0.8, which its name says
---@field height? integer of the picture in the terminal (default 14)

---Draws figures of the run step by step.
---@param figures? string|table[] "loss", or { "loss", "eval_loss" }; the losses if left out
---@param options? run.plot.options how
---@return plot # a plot, which the prompt draws; plot:save("loss.svg") writes it
function run:plot(figures, options) end

---What the student of this run wrote last, as the lab kept it.
---@return dataset # a dataset with the column `prediction`, in the order of the rows it read
function run:predictions() end

---Sets the run's note, or returns it.
---@param text? string takes the place of what was noted before
---@return run # the run itself; without a text, the note
function run:note(text) end

---Tags the run, so that runs.list can find it.
---@param tag string a word
---@param ... any
---@return run # the run itself
function run:tag(tag, ...) end

---Removes tags from the run.
---@param tag string a word
---@param ... any
---@return run # the run itself
function run:untag(tag, ...) end
end

do
---Runs, as runs.list found them: list[1], #list, ipairs(list).
---@class runs
local runs = {}
end

do
---Runs side by side: how they scored, whether the differences are real, and what they did differently.
---@class comparison
---@field runs any the numbers of the runs, in the order of the columns
---@field differing any the settings in which they differ: by name, a list with a value a run
---@field common any the settings that are the same in all of them, by name
---@field scores any a list of { evaluation, name, data, is_fair, values }, each value { value, low, high } or null
---@field tests any paired tests of scores of the same rows, a list of { evaluation, name, a, b, difference, ci, p_bootstrap, p_randomization, p_mcnemar, p_holm }
local comparison = {}
end

do
---Curves. The prompt draws them, and so does print; :save writes them as SVG.
---@class plot
local plot = {}

---Writes the picture as SVG, which follows the reader's light or dark theme.
---@param path string ends in .svg
---@return plot # the plot itself
function plot:save(path) end
end

do
---What a function of `metrics` found: its figures by name. Shares are fractions, 0…1; the printed table shows them × 100.
---@class score
---@field kind any what was measured: "rouge", "comparison", …
local score = {}

---The figures of each text, in the order of the texts.
---@return dataset # a dataset with a column for each figure; of metrics.rouge rouge1_precision, rouge1_recall, rouge1_fmeasure, and so on
function score:rows() end
end

do
---An array of numbers, printed as PyTorch prints it.
---@class tensor
---@field shape any the size of each dimension, a list
---@field dtype any the type of its elements: "float32"
---@field device any where they are: "cpu", "cuda:0"
---@field norm any the square root of the sum of their squares
local tensor = {}

---Returns the elements as Lua numbers.
---@return table # a list of numbers, or of lists of them: one level a dimension
function tensor:list() end
end

do
---Prompts compared on the same rows: prints as a table of the variants, best first, and one sentence that says whether the difference is established.
---@class workshop
---@field sentence any which variant is better, by how much, and whether that is established
---@field best any the name of the best variant; nil without scores
---@field established any whether the best is better than the next, at the level of the tests
---@field variants any the names of the variants, a list
---@field figures any by variant and figure { mean, ci, values }: values[i] is the mean of row i's samples
---@field tests any a list of { figure, a, b, difference, ci, p, p_holm, rows, needed_rows }
---@field runs any the numbers of the variants' runs, by name
---@field cost_usd any what each variant's answers cost when they were bought, by name
local workshop = {}

---@class workshop.show.options
---@field questions? boolean shows the questions as they were asked, too (default false)

---Shows every variant's answer to a row, with its scores, tokens, price and time.
---@param row integer counted from 1
---@param options? workshop.show.options how
---@return any # nothing: it writes to the screen
function workshop:show(row, options) end

---Shows what differs between two variants' answers to a row, word by word: [-only a-]{+only b+}.
---@param a string a variant
---@param b string another
---@param row integer counted from 1
---@param sample? integer which sample, from 1; 1 if left out
---@return any # nothing: it writes to the screen
function workshop:diff(a, b, row, sample) end

---Rows by variants. At the prompt one walks through the answers with the keys: arrows for the next row and variant, s for the next sample, p for the question, d for what differs, q to leave.
---@return any # nothing: it writes to the screen
function workshop:grid() end

---Every answer as a row: the data's columns, variant, sample, answer, score_… and what it took.
---@return dataset # a dataset
function workshop:rows() end

---@class workshop.save.options
---@field title? string the page's heading
---@field rows? integer how many rows the page shows whole (default 50)

---Writes the workshop: as a page (.html), or every answer as data (.jsonl, .csv, …).
---@param path? string the file; a new workshop.html in the working folder if left out
---@param options? workshop.save.options of the page
---@return workshop # the workshop
function workshop:save(path, options) end
end

do
---What prompt:optimize found: prints as a table of the trials, best first, and the gain on held-out rows.
---@class optimization
---@field prompt any the best prompt; nil if the search did not come to its end
---@field gain any on held-out rows: { difference, ci, p, rows, start, best }; nil if the prompt stays as it is
---@field trials any a list of { kind, score, run, examples }, in the order they were tried
---@field calls any the requests that were sent
---@field cost_usd any what they cost; nil if that is not known
---@field sentence any the gain on held-out rows in plain words
local optimization = {}
end

---Datasets: immutable tables of records.
---@class data
data = {}

---@class data.load.options
---@field quotes? boolean whether quotes enclose cells of CSV and TSV; else they do, except in a TSV whose quotes do not pair up
---@field encoding? "utf-8"|"latin1"|"windows-1252"|"utf-16" how bytes stand for characters; UTF-16 with a byte order mark is known by itself (default utf-8)
---@field types? table what columns hold: { id = "text", n = "number", ok = "boolean" }; text keeps numbers as they are written, number takes the nearest; else it is found out
---@field url_lists? string for .story files: a list of addresses, whose stories are kept; or the folder of all_train.txt, all_val.txt and all_test.txt, which adds a column `split`
---@field columns? string[] the columns to keep, in this order
---@field row_groups? integer[] of .parquet and .arrow files: the row groups to read, counted from 1
---@field config? string of the Hub: the configuration; otherwise the default one
---@field split? string of the Hub: "train"; may be left out if there is only one
---@field revision? string of the Hub: a branch, a tag, refs/pr/N or a commit; otherwise main
---@field token? string an access token of the Hub; otherwise HF_TOKEN, or the file of `hf auth login`

---Reads a dataset from a file, a folder of files, or a pattern.
---@param path string .jsonl (one object a line), .json (a list of objects, or objects one after the other), .csv or .tsv (with a header), each also .gz; .parquet, .arrow or .feather; a folder of such files or of CNN/DailyMail's .story files; a pattern like "shards/*.jsonl"; or a data set of the Hub: "hf:owner/name[:config][@revision]"
---@param options? data.load.options how to read
---@return dataset # a dataset
function data.load(path, options) end

---Makes a dataset of a list of records.
---@param records table[] tables of named values
---@return dataset # a dataset
function data.from(records) end

---@class prompt.template
---@field system? string the message that sets the scene
---@field user? string the question
---@field assistant? string the beginning of the answer, on servers that go on from it (prefill)
---@field examples? dataset answered questions to show before (few-shot)
---@field answer? string the template of an example's answer; without it the prompt writes them out: {% for example in examples %}
---@field question? string the template of an example's question; else that of `user`
---@field n? integer how many examples; else all
---@field seed? integer chooses the examples at random; else the first n
---@field options? table model, temperature, … to be kept with the prompt in its file

---Templates in Jinja's syntax: {{ name }}, {{ text | truncate(80) }}, {% if … %}, {% for … %}, {% macro … %}; all filters, tests and statements of Jinja 3.1.6 but include, import and extends.
---@class promptlib
---@overload fun(template: string|table|table[]): prompt
prompt = {}

---Reads a prompt from a file, as prompt:save writes it (help(prompt.save)). A bare name is looked for in the folder prompts/, too: prompt.load "news" reads prompts/news.prompt, .txt or .md.
---@param path string a text file, or its name in prompts/
---@return prompt # a prompt; what the file says of model and options is in its `options`
function prompt.load(path) end

---Reads a chat template of a model on the Hub: from its tokenizer_config.json, its chat_template.jinja, the folder that holds them, or a text.
---@param source string a file, a folder, or the template itself (a text with {% or {{)
---@param name? string which one, where a file has several: "default", "tool_use", "rag"
---@return any # a chat template; calling it with the messages gives the text that the model reads
function prompt.chat_template(source, name) end

---Language models and their stand-ins, which write what students learn from.
---@class teacherlib
teacher = {}

---Opens a teacher: teacher.open { "openai", model = "gpt-4o-mini" }.
---@param options table the kind first ("openai", "anthropic", "ollama", …: teacher.list()), then its options: help "openai", help "retrieval"
---@return teacher # a teacher
function teacher.open(options) end

---Lists the available kinds of teacher.
---@return table # a list of { id, summary }
function teacher.list() end

---Small models that learn from examples.
---@class studentlib
student = {}

---Lists the architectures that plugins bring, without opening them.
---@return table # a list of { id, tasks, summary, aliases }
function student.list() end

---Makes an untrained student.
---@param architecture string an id of student.list()
---@param options? table of the architecture: help "t5" lists them
---@return student # a student
function student.new(architecture, options) end

---@class student.load.options
---@field device? "auto"|"cpu"|"cuda" where it computes; auto takes a CUDA device if there is one (default auto)
---@field revision? string of a name on the Hub: a branch, a tag, refs/pr/N or a commit; otherwise main
---@field token? string an access token of the Hub; otherwise HF_TOKEN, or the file of `hf auth login`

---Reads a student from a folder, or from the Hugging Face Hub.
---@param name string a folder that student:save or save_pretrained wrote; or owner/name on the Hub, which is fetched into huggingface_hub's cache once
---@param options? student.load.options how
---@return student # a student
function student.load(name, options) end

---Scores with intervals, tests of differences, and baselines.
---@class metrics
metrics = {}

---@class metrics.rouge.references
---@field types? string[] rouge1 … rouge9, rougeL, rougeLsum (default ["rouge1","rouge2","rougeL","rougeLsum"])
---@field stemmer? boolean stems words by Porter's rules, NLTK's variant (default false)
---@field split? "newline"|"rules" where rougeLsum splits sentences: at line breaks, or by punctuation rules (default newline)
---@field tokenizer? "google"|"unicode" rouge_score's tokens (a–z and 0–9 only), or those of every script (default google)
---@field tokens? any a function text → count or list, or a student whose vocabulary counts: adds the mean length in tokens
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---ROUGE of predictions against references, equal to rouge_score's.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.rouge.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.rouge.references for two lists
---@return score # a score: score.rouge1.fmeasure, .precision, .recall, .ci, .signature; printed × 100
function metrics.rouge(predictions, references, options) end

---@class metrics.classification.references
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---How often predicted classes are right, equal to scikit-learn's figures.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.classification.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.classification.references for two lists
---@return score # a score: accuracy, kappa, macro, micro, weighted (each .precision, .recall, .f1), classes, labels, and confusion with at most 1000 labels
function metrics.classification(predictions, references, options) end

---@class metrics.bleu.references
---@field tokenize? "13a"|"intl"|"char"|"zh"|"none" sacrebleu's tokenizers; zh for Chinese, intl for every script, none for texts that are tokenized (default 13a)
---@field lowercase? boolean compares in lower case (default false)
---@field smooth_method? "exp"|"floor"|"add-k"|"none" what an order without a match counts as (default exp)
---@field smooth_value? number of floor (0.1 if left out) and add-k (1 if left out)
---@field max_ngram_order? integer the longest n-gram (default 4)
---@field effective_order? boolean leaves out orders that the texts are too short for; sentence_bleu always does (default false)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---BLEU of predictions against references, equal to sacrebleu 2.6.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.bleu.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.bleu.references for two lists
---@return score # a score: score.score from 0 to 100, as sacrebleu prints it; score.values, sentence_bleu of each text; score.bleu.ci, .signature
function metrics.bleu(predictions, references, options) end

---@class metrics.chrf.references
---@field char_order? integer the longest n-gram of characters (default 6)
---@field word_order? integer the longest n-gram of words; 2 is chrF++ (default 0)
---@field beta? integer beta: how much more recall counts than precision (default 2)
---@field lowercase? boolean compares in lower case (default false)
---@field whitespace? boolean white space belongs to the n-grams of characters (default false)
---@field eps_smoothing? boolean orders without n-grams count almost 0, as in chrF++.py and NLTK, instead of nothing (default false)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---ChrF, with word_order = 2 chrF++, equal to sacrebleu 2.6.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.chrf.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.chrf.references for two lists
---@return score # a score: score.score from 0 to 100, as sacrebleu prints it; score.values, one for each text; score.chrf.ci, .signature
function metrics.chrf(predictions, references, options) end

---@class metrics.ter.references
---@field normalized? boolean cuts punctuation off first, as Tercom does (default false)
---@field no_punct? boolean leaves punctuation out (default false)
---@field asian_support? boolean with normalized or no_punct: takes Chinese characters one by one, and their punctuation (default false)
---@field case_sensitive? boolean distinguishes upper and lower case (default false)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---Translation edit rate (less is better), equal to sacrebleu 2.6.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.ter.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.ter.references for two lists
---@return score # a score, of which less is better: score.score in per cent of the references' length; score.values, one for each text; score.ter.ci, .signature
function metrics.ter(predictions, references, options) end

---@class metrics.exact_match.references
---@field version? "1.1"|"2.0" of SQuAD's script; in 2.0 an empty answer is right where the reference is empty (default 1.1)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---Exact match and token F1 of short answers, as SQuAD's script.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.exact_match.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.exact_match.references for two lists
---@return score # a score: score.score, the share of right answers × 100; score.exact_match.mean and score.f1.mean, fractions; score.values, 1 or 0 for each text
function metrics.exact_match(predictions, references, options) end

---@class metrics.token_f1.references
---@field version? "1.1"|"2.0" of SQuAD's script; in 2.0 an empty answer is right where the reference is empty (default 1.1)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---Token F1 and exact match of short answers, as SQuAD's script.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.token_f1.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.token_f1.references for two lists
---@return score # a score: score.score, the mean F1 of words × 100; score.f1.mean and score.exact_match.mean, fractions
function metrics.token_f1(predictions, references, options) end

---@class metrics.novelty.references
---@field tokenizer? "words"|"whitespace" runs of letters and digits, or what stands between white space; both in lower case (default words)
---@field max_ngram? integer the longest n-gram (default 4)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---Novel n-grams, coverage, density and compression of summaries; the reference is the source.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.novelty.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.novelty.references for two lists
---@return score # a score: novel_1 … novel_4, the shares of n-grams that the source does not have; coverage, density, compression
function metrics.novelty(predictions, references, options) end

---@class metrics.repetition.options
---@field tokenizer? "words"|"whitespace" runs of letters and digits, or what stands between white space; both in lower case (default words)
---@field max_ngram? integer the longest n-gram (default 4)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---How much texts repeat themselves: n-grams that stood there before.
---@param predictions dataset|string[] a dataset with the column, or a list of texts
---@param options? metrics.repetition.options how
---@return score # a score, of which less is better: repeated_1 … repeated_4, the shares of n-grams that stood in the text before
function metrics.repetition(predictions, options) end

---@class metrics.length.options
---@field tokens? any a function text → count or list, or a student whose vocabulary counts: adds the tokens
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---How long texts are: words, sentences, characters, and tokens if they are counted.
---@param predictions dataset|string[] a dataset with the column, or a list of texts
---@param options? metrics.length.options how
---@return score # a score: words, characters, sentences; tokens if they are counted
function metrics.length(predictions, options) end

---@class metrics.bertscore.references
---@field student student the encoder: student.load("google-bert/bert-base-uncased")
---@field num_layers? integer above which layer; if left out the 9th of 12, the 18th of 24, else the last
---@field idf? boolean weighs pieces by how few of the references have them (default false)
---@field batch_size? integer texts read at once (default 64)
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---BERTScore over an encoder that you load, equal to bert_score's.
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.bertscore.references|string[] the options for a dataset; or a list of texts, or of lists of texts if there are several each
---@param options? metrics.bertscore.references for two lists
---@return score # a score: f1, precision and recall, as bert_score prints them without rescaling
function metrics.bertscore(predictions, references, options) end

---@class metrics.score.references
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---Scores texts by a metric that is named: metrics.score("rouge", …) is metrics.rouge(…).
---@param metric string an id of metrics.list()
---@param predictions dataset|string[] a dataset with both columns, or a list of texts
---@param references metrics.score.references|string[] the options for a dataset, or a list of texts, or of lists of texts
---@param options? metrics.score.references for two lists
---@return score # a score
function metrics.score(metric, predictions, references, options) end

---@class metrics.compare.options
---@field prediction? string the column of generated texts (for a dataset) (default prediction)
---@field reference? string the column of human texts, or of lists of them (for a dataset, required)
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field metric? string by which datasets are scored; its options may stand here (default rouge)
---@field names? string[] what the systems are called; A, B, … if left out
---@field sacrebleu? boolean of bleu, chrf and ter also sacrebleu's own paired tests, with its trials and seed: each system against those before it (default false)

---Is the difference real? Paired tests of every figure of a metric on the same texts: bootstrap and approximate randomisation, McNemar for what is right or wrong; corrected by Holm if there are more than two systems.
---@param systems table[] two or more: datasets with both columns, or scores of one metric; the same rows, answered by each
---@param options? metrics.compare.options how
---@return score # a score: names, and pairs: a list of { measure, a, b, difference, ci, p_bootstrap, p_randomization, p_mcnemar, p_holm, p_sacrebleu_bs, p_sacrebleu_ar }
function metrics.compare(systems, options) end

---@class metrics.latency.options
---@field input? string the column of texts; required for a dataset
---@field run? integer the number of the run to record the scores with; else the one that made the predictions
---@field warmup? integer answers that are not timed, to fill caches (default 3)

---Measures a student's latency for one text: median, tail and texts per second.
---@param student student one that has been trained
---@param texts dataset|string[] what it reads, one text after the other
---@param options? metrics.latency.options also the architecture's own: see help "t5"
---@return score # a score, in milliseconds: p50, p95, p99, mean, min, max; and per_second; printed as a table
function metrics.latency(student, texts, options) end

---@class metrics.lead.options
---@field input string the column of texts
---@field output? string the column that takes the lead (default prediction)
---@field sentences? integer sentences to take (default 1)

---The lead baseline: each text's first sentences.
---@param data dataset the texts
---@param options metrics.lead.options how
---@return dataset # the dataset plus the column
function metrics.lead(data, options) end

---@class metrics.judge.options
---@field teacher teacher who judges
---@field input? string the column of the task; else all columns that are not answers
---@field prediction? string the column of answers (default prediction)
---@field reference? string the column of good answers by people, which the judge then sees
---@field criterion? string what makes an answer good, in words
---@field prompt? prompt what the judge is asked, in place of ours; with {{ task }}, {{ answer_1 }} and {{ answer_2 }}, or {{ answer }}
---@field lowest? number the lowest grade, for one system (default 1.0)
---@field highest? number the highest grade, for one system (default 10.0)
---@field names? string[] what the systems are called, for two
---@field tasks? string[] what was asked for, one for each text, where answers are lists of texts
---@field labels? dataset what people said: what vote() returned, for two
---@field confidence? number of the intervals (default 0.95)
---@field resamples? integer bootstrap samples (default 1000)
---@field seed? integer equal seeds give equal intervals (default 42)
---@field run? integer the number of the run to record the scores with; else the one that made the predictions

---A teacher judges: one system's answers get grades, two systems' are compared in both orders, where a verdict that depends on the order is a tie.
---@param answers dataset|table[] a dataset or a list of texts; to compare two systems a list of two of them: { a, b }
---@param options metrics.judge.options|dataset how; or, instead of the list, the second system's dataset
---@param more? metrics.judge.options the options then
---@return any # of one system a score with a figure judge, compared like every other; of two win_rate { value, ci }, p, wins, losses, ties, position_consistency, length_controlled, values (1, 0.5, 0), with labels kappa and agreement, and a warning if the judge wrote the answers
function metrics.judge(answers, options, more) end

---Lists the metrics: Lyceum's own and those of plugins; opens none of them.
---@return table # a list of { id, summary }
function metrics.list() end

---Seconds from a monotonic clock, for timing.
---@return number # a number; only differences mean something
function metrics.clock() end

---What was trained, generated and scored so far, as the lab remembers it; runs[11] is run 11.
---@class runslib
runs = {}

---@class runs.list.options
---@field kind? "train"|"evaluate"|"generate" only runs that did this
---@field state? "running"|"finished"|"cancelled"|"failed"|"abandoned" only runs in this state
---@field tags? string[] only runs that have all of them
---@field text? string only runs whose title or note contains it
---@field where? function run → boolean: only those for which it is true
---@field sort? string number, title, seconds, or a figure: loss, eval_loss, rouge1, accuracy (default number)
---@field descending? boolean largest values first (default false)
---@field limit? integer at most so many: the newest, or, with sort, the first in that order

---The runs of the lab, the oldest first; with a limit the newest.
---@param options? runs.list.options which, in which order
---@return table # a list of runs that prints as a table; list[1] is a run
function runs.list(options) end

---Returns a run by its number.
---@param number integer of runs.list()
---@return run # a run
function runs.get(number) end

---Runs side by side: how they scored, whether the differences are real, and what they did differently.
---@param runs table[] which
---@return comparison # a comparison that prints as a table: .scores, .tests, .differing, .common
function runs.compare(runs) end

---Deletes a run with its curves, scores and artifacts. Replies are kept because they were paid for, and so are checkpoints elsewhere.
---@param runs table[] which
---@return runs # how many runs were deleted
function runs.delete(runs) end

---Queries the lab's database with SQL (read-only).
---@param query string one SELECT; select name, sql from sqlite_master lists the tables
---@param value? any one for each ? in the query
---@param ... any
---@return dataset # a dataset, one row a result
function runs.sql(query, value, ...) end

---@class runs.plot.options
---@field log? boolean a logarithmic axis (default false)
---@field smooth? number the weight of the past in a moving mean; 0 draws what was measured; if left out, a curve of more than 50 points that jumps is smoothed by 0.8, which its name says
---@field height? integer of the picture in the terminal (default 14)

---Draws figures of several runs over one another.
---@param runs table[] which
---@param figures? string|table[] "loss", or { "loss", "eval_loss" }; the losses if left out
---@param options? runs.plot.options how
---@return plot # a plot, which the prompt draws; plot:save("loss.svg") writes it
function runs.plot(runs, figures, options) end

---@class runs.report.options
---@field file? string where the page is written (default report.html)
---@field title? string its heading; else the numbers of the runs
---@field samples? integer rows to show side by side (default 6)
---@field seed? integer decides which rows, and the trials of the tests (default 42)

---Writes one HTML page about runs: scores with intervals and paired tests, samples side by side, curves, time and cost, options; and the workshops that compared them, with their answers. It needs no network and runs no script.
---@param runs table[] which
---@param options? runs.report.options how
---@return any # the path of the page
function runs.report(runs, options) end

---Returns the lab's folder.
---@return any # its folder (made when something is first recorded), or nil with --no-lab
function runs.lab() end

---Copies the lab's database into one new file, while others may go on writing. lyceum --lab FOLDER opens the folder of a copy called lab.sqlite. Artifacts are not copied.
---@param path string the file; in a folder that exists, or ends with /, lab.sqlite
---@return any # the path of the file
function runs.backup(path) end

---JSON text to Lua values and back.
---@class json
---@field null any stands for null inside a list, where nil would leave a hole
json = {}

---@class json.encode.options
---@field pretty? boolean indents and breaks lines (default false)

---Writes a value as JSON, keys in order.
---@param value any text, number, boolean, nil, list or table of these
---@param options? json.encode.options how
---@return string # a string
function json.encode(value, options) end

---Reads JSON. NaN, Infinity and -Infinity, as Python writes them, are numbers, too.
---@param text string one JSON value
---@return any # the value; null is nil in an object and json.null in a list
function json.decode(text) end

---Several processes (ranks) that run one script: under torchrun, srun, mpirun or --processes.
---@class ranks
---@field rank any the number of this process, from 0; 0 alone
---@field count any how many processes run this script; 1 alone
ranks = {}

---Waits until all ranks have reached this point.
---@return any # nothing
function ranks.barrier() end

---Gives every rank the values of all ranks.
---@param value any text, number, boolean, list or table of these
---@return table # a list: [1] is rank 0's value
function ranks.gather(value) end

---What adds students, teachers, metrics and formats: see, build and load.
---@class plugins
plugins = {}

---Lists every plugin that was found, and why one is not used, without opening any.
---@return table # a list of { id, version, summary, library, state, why, brings }; state is "ready", "loaded", "outdated" (rebuilt since it was loaded) or "refused"
function plugins.list() end

---Builds a plugin's package and installs it for you.
---@param folder string of the package: `lyceum plugin new` makes one
---@return table # a list of the plugins, as plugins.list gives them
function plugins.build(folder) end

---Loads the plugin in a folder, wherever that lies.
---@param folder string one with plugin.json and the library next to it
---@return any # the plugin's id
function plugins.load(folder) end

---Models and data sets of the Hugging Face Hub; student.load("owner/name") and data.load("hf:owner/name") fetch by themselves; see help "huggingface".
---@class hub
hub = {}

---What is in the cache, which huggingface_hub shares; asks no server.
---@return table # a list of { id, kind, size (bytes), partial (bytes of downloads that were cut), revisions (names of commits), commits, path }
function hub.list() end

---@class hub.files.options
---@field kind? "model"|"dataset" what the name names (default model)
---@field revision? string a branch, a tag, refs/pr/N or a commit (default main)
---@field token? string an access token of the Hub; otherwise HF_TOKEN, or the file of `hf auth login`

---What a repository holds.
---@param name string owner/name
---@param options? hub.files.options which
---@return table # a list of { name, size (bytes; nil if only the cache could be looked at) }
function hub.files(name, options) end

---@class hub.fetch.options
---@field kind? "model"|"dataset" what the name names (default model)
---@field revision? string a branch, a tag, refs/pr/N or a commit (default main)
---@field files? string[] names or patterns ("*.json", "data/**") of the files to fetch
---@field token? string an access token of the Hub; otherwise HF_TOKEN, or the file of `hf auth login`

---Brings a repository into the cache: of a model what student.load needs, of a data set everything, or the files named.
---@param name string owner/name
---@param options? hub.fetch.options which
---@return any # the folder that holds the files
function hub.fetch(name, options) end

---@class hub.remove.options
---@field kind? "model"|"dataset" what the name names (default model)
---@field revision? string the revision or commit to remove; otherwise all

---Removes a repository, or one revision of it, from the cache.
---@param name string owner/name
---@param options? hub.remove.options which
---@return any # the bytes that became free
function hub.remove(name, options) end

---@class workshop.options
---@field prompts any what is compared: { a = p1, b = p2 }; prompts, or templates in quotes
---@field teachers any who answers: a teacher, a list of them, or { name = teacher }
---@field data dataset the rows; its columns are the prompts' variables
---@field n? integer answers to each row (default 1)
---@field reference? string the column of what should be answered
---@field metrics? table by which metrics answers are scored: { "rouge", "exact_match" } or { rouge = { stemmer = true } }; rouge if there is a reference and nothing else
---@field checks? table what an answer must pass, by name: a function (answer, row) → true, false or a number; or { schema = …, contains = …, not_contains = …, regex = …, min_words = …, max_words = …, min_chars = …, max_chars = … }
---@field judge? any a teacher that grades every answer; or { teacher = …, criterion = "…", prompt = p, input = "column" }
---@field by? string the figure that decides which variant is best; else the first
---@field fresh? boolean ignores kept replies and asks again (default false)
---@field confirm_usd? number asks first if it may cost more than this, or if the most that it can cost is not known (a teacher without max_tokens and budget_usd, or one elsewhere without a price); without a terminal it is refused (default 1.0)
---@field confidence? number of the intervals and tests (default 0.95)
---@field resamples? integer bootstrap samples and trials of the tests (default 2000)
---@field seed? integer equal seeds give equal intervals (default 42)

---Compares prompts like models: every prompt × teacher × row × sample is answered, from the lab where it was answered before, scored, and tested for real differences over the same rows.
---@param options workshop.options what is compared, and how
---@return workshop # a workshop: its table says which variant is better, by how much, and whether that is established; w:show(3), w:diff("a", "b", 3), w:grid(), w:save("w.html"), vote(w)
function workshop(options) end

---@class vote.options
---@field a? string of a workshop: the first variant; else the best
---@field b? string of a workshop: the second variant; else the next best
---@field input? string of datasets: the column of the task; else all columns but the answers
---@field prediction? string of datasets: the column of answers (default prediction)
---@field names? string[] of datasets: what the systems are called
---@field voter? string who judges; each voter's verdicts are kept apart (default me)
---@field seed? integer seed of the order of the pairs and of which answer stands left (default 42)

---Lets you judge two systems' answers blind, side by side, with one key each: 1 or left, 2 or right, t for a tie, s to skip, b to go back, q to leave. Each verdict is kept in the lab as it is given; the same call goes on.
---@param answers workshop|table[]|dataset a workshop, or the same rows answered by two systems: { a, b }
---@param options? vote.options|dataset how; or, instead of the list, the second system's dataset
---@param more? vote.options the options then
---@return dataset # a dataset: task, first_system, first, second_system, second, verdict (a system, "tie", or nothing yet); metrics.judge({ a, b }, { labels = … }) compares a judge with it
function vote(answers, options, more) end

---Writes values to standard output: texts and numbers as they are, everything else as the prompt shows it.
---@param value? any what to write
---@param ... any
---@return any # nothing
function print(value, ...) end

---@class show.options
---@field rows? any how many rows or elements (20 if left out), or a list of row numbers
---@field columns? string[] these columns, in this order; all if left out
---@field width? integer the width; the screen's if left out
---@field depth? integer how many tables inside tables are written out (6)

---Writes all of a value: whole texts, side by side where the columns fit, else one below the other.
---@param value any a dataset, a record, a list, a table, any object
---@param options? show.options how much
---@return any # nothing
function show(value, options) end

---Explains a function, a module, an object or a topic.
---@param what? any a function, a module, an object, or the name of one
function help(what) end
