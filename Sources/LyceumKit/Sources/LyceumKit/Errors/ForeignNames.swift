/// Names that people bring from Hugging Face, Keras, pandas, scikit-learn, OpenAI, Python and older Lua, with ours.
///
/// The one table of its kind: every error about an unknown option, field, method or global asks it first.
public enum ForeignNames {
    /// What to say about a name of another tool.
    ///
    /// - Parameters:
    ///   - name: as it was typed.
    ///   - known: the names that exist in that place. A name of ours is only given where it exists.
    /// - Returns: "it is called 'learning_rate' here", or nil if the table does not know the name.
    public static func hint(for name: String, among known: [String]) -> String? {
        let places = names[name] ?? []
        if let ours = places.first(where: known.contains) { return "it is called '\(ours)' here" }
        if name.contains(where: \.isUppercase),
            let same = known.first(where: { $0 != name && plain($0) == plain(name) })
        {
            return "it is written '\(same)' here"
        }
        return remarks[name]
    }

    /// Whether the table has the name.
    public static func knows(_ name: String) -> Bool { names[name] != nil || remarks[name] != nil }

    /// A name without capitals and underscores: `maxTokens` and `max_tokens` are the same.
    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    // MARK: Names that mean one of ours

    /// Ours, in order of preference, by theirs.
    private static let names: [String: [String]] = trainingNames.merging(decodingNames, uniquingKeysWith: +)
        .merging(dataNames, uniquingKeysWith: +).merging(requestNames, uniquingKeysWith: +)

    /// Training: Hugging Face's TrainingArguments and Trainer, Keras, scikit-learn and XGBoost.
    private static let trainingNames: [String: [String]] = [
        "lr": ["learning_rate"], "learningRate": ["learning_rate"], "eta": ["learning_rate"],
        "step_size": ["learning_rate"], "epochs": ["num_train_epochs", "n_estimators"],
        "num_epochs": ["num_train_epochs"], "n_epochs": ["num_train_epochs"],
        "max_epochs": ["num_train_epochs"], "epoch": ["num_train_epochs"], "max_iter": ["max_steps"],
        "steps": ["max_steps"], "num_steps": ["max_steps"], "num_train_steps": ["max_steps"],
        "iterations": ["max_steps", "n_estimators"], "num_boost_round": ["n_estimators"],
        "num_round": ["n_estimators"], "num_rounds": ["n_estimators"], "trees": ["n_estimators"],
        "per_device_train_batch_size": ["batch_size"], "per_gpu_train_batch_size": ["batch_size"],
        "train_batch_size": ["batch_size"], "bs": ["batch_size"],
        "per_device_eval_batch_size": ["eval_batch_size", "batch_size"],
        "eval_dataset": ["valid"], "eval_data": ["valid"], "validation_data": ["valid"],
        "validation": ["valid"], "valid_data": ["valid"], "eval_set": ["valid"], "val": ["valid"],
        "dev": ["valid"], "val_dataset": ["valid"], "validation_dataset": ["valid"], "evals": ["valid"],
        "eval_strategy": ["eval_steps"], "evaluation_strategy": ["eval_steps"],
        "save_strategy": ["save_steps"], "optimizer": ["optim"], "optimizer_name": ["optim"],
        "scheduler": ["lr_scheduler_type"], "lr_scheduler": ["lr_scheduler_type"],
        "schedule": ["lr_scheduler_type"], "warmup": ["warmup_steps", "warmup_ratio"],
        "num_warmup_steps": ["warmup_steps"], "gradient_accumulation": ["gradient_accumulation_steps"],
        "accumulate_grad_batches": ["gradient_accumulation_steps"], "clipnorm": ["max_grad_norm"],
        "clip_grad_norm": ["max_grad_norm"], "gradient_clip_val": ["max_grad_norm"],
        "wd": ["weight_decay"], "l2": ["weight_decay", "reg_lambda"], "lambda": ["reg_lambda"],
        "alpha": ["reg_alpha"], "label_smoothing": ["label_smoothing_factor"],
        "fp16": ["precision"], "bf16": ["precision"], "half": ["precision"], "dtype": ["precision"],
        "torch_dtype": ["precision"], "mixed_precision": ["precision"],
        "random_state": ["seed"], "random_seed": ["seed"], "data_seed": ["seed"],
        "patience": ["early_stopping_patience", "early_stopping_rounds"],
        "early_stopping": ["early_stopping_patience", "early_stopping_rounds"],
        "early_stopping_patience": ["early_stopping_rounds"],
        "early_stopping_rounds": ["early_stopping_patience"],
        "checkpoint_dir": ["output_dir"], "resume_from_checkpoint": ["resume"],
        "n_jobs": ["nthread"], "num_workers": ["nthread"], "lstm_size": ["hidden_size"],
        "hidden_dim": ["hidden_size", "d_model"], "hidden": ["hidden_size", "d_model"],
        "embedding_dim": ["embedding_size", "d_model"], "embed_dim": ["embedding_size", "d_model"],
        "dim": ["d_model", "hidden_size"], "n_layers": ["num_layers"], "layers": ["num_layers"],
        "n_heads": ["num_heads"], "heads": ["num_heads"], "drop": ["dropout_rate", "dropout"],
        "dropout": ["dropout_rate", "hidden_dropout_prob"], "dropout_rate": ["dropout"],
        "x": ["input"], "X": ["input"], "features": ["input"], "text_column": ["input"],
        "source": ["input"], "input_column": ["input"], "text": ["input"], "y": ["target"],
        "label": ["target", "reference"], "labels": ["target", "reference"],
        "label_column": ["target"], "summary_column": ["target"], "target_column": ["target"],
        "label_names": ["target"], "max_seq_length": ["max_source_length"],
        "max_input_length": ["max_source_length"], "truncation": ["max_source_length"],
    ]

    /// Decoding: Hugging Face's GenerationConfig, vLLM and others.
    private static let decodingNames: [String: [String]] = [
        "beams": ["num_beams"], "beam_size": ["num_beams"], "num_beam": ["num_beams"],
        "beam_width": ["num_beams"], "max_length": ["max_new_tokens", "max_tokens"],
        "max_len": ["max_new_tokens", "max_tokens"], "max_tokens": ["max_new_tokens"],
        "max_new_tokens": ["max_tokens"], "max_output_tokens": ["max_tokens"],
        "max_completion_tokens": ["max_tokens"], "num_predict": ["max_tokens"],
        "min_len": ["min_length", "min_new_tokens"], "temp": ["temperature"], "topk": ["top_k"],
        "topp": ["top_p"], "num_samples": ["n", "num_return_sequences"],
        "n_samples": ["n", "num_return_sequences"], "num_return_sequences": ["n"],
        "best_of": ["n"], "no_repeat_ngrams": ["no_repeat_ngram_size"], "sample": ["do_sample"],
        "sampling": ["do_sample"],
    ]

    /// Tables of data: pandas, Hugging Face's datasets, polars.
    private static let dataNames: [String: [String]] = [
        "head": ["take"], "limit": ["take"], "first": ["take"], "top": ["take"], "slice": ["take"],
        "select_columns": ["select"], "remove_columns": ["drop"], "drop_columns": ["drop"],
        "rename_columns": ["rename"], "rename_column": ["rename"], "describe": ["stats"],
        "summary": ["stats"], "info": ["stats"], "train_test_split": ["split"],
        "random_split": ["split"], "sort_values": ["sort"], "order_by": ["sort"], "orderby": ["sort"],
        "groupby": ["group"], "group_by": ["group"], "value_counts": ["group"], "unique": ["group"],
        "drop_duplicates": ["dedup"], "deduplicate": ["dedup"], "distinct": ["dedup"],
        "apply": ["map"], "assign": ["map"], "with_columns": ["map"], "add_column": ["map"],
        "append": ["concat"], "concatenate": ["concat"], "extend": ["concat"], "union": ["concat"],
        "query": ["filter"], "where": ["filter"], "loc": ["filter", "skip"], "to_csv": ["save"],
        "to_json": ["save"], "to_jsonl": ["save"], "to_parquet": ["save"], "to_pandas": ["save"],
        "save_to_disk": ["save"], "write": ["save"], "dump": ["save"], "push_to_hub": ["save"],
        "read_csv": ["load"], "read_json": ["load"], "read_parquet": ["load"], "load_dataset": ["load"],
        "load_from_disk": ["load"], "open": ["load"], "read": ["load"], "from_list": ["from"],
        "from_dict": ["from"], "from_pandas": ["from"], "DataFrame": ["from"], "column_names": ["columns"],
        "features": ["columns"], "fit": ["train"], "fine_tune": ["train"], "finetune": ["train"],
        "fit_transform": ["train"], "predict": ["generate", "classify"], "predict_proba": ["classify"],
        "transform": ["generate"], "summarize": ["generate"], "complete": ["generate"],
        "completions": ["generate"], "batch": ["generate"], "evaluate": ["loss"], "score": ["loss"],
        "from_pretrained": ["load"], "save_pretrained": ["save"], "save_model": ["save"],
        "encode": ["tokenize"], "decode": ["detokenize"], "state_dict": ["weights"],
        "parameters": ["weights"], "create": ["new"], "loads": ["decode"], "dumps": ["encode"],
        "parse": ["decode"], "stringify": ["encode"], "accuracy": ["classification"],
        "f1": ["classification"], "f1_score": ["classification"], "accuracy_score": ["classification"],
        "classification_report": ["classification"], "confusion_matrix": ["classification"],
        "rouge_score": ["rouge"], "rouge_n": ["rouge"], "sacrebleu": ["bleu"],
        "significance": ["compare"], "bootstrap": ["compare"], "delta": ["compare"],
        "log": ["list"], "last": ["list"], "all": ["list"], "ls": ["list"], "available": ["list"],
        "use_stemmer": ["stemmer"], "rouge_types": ["types"], "references": ["reference"],
        "predictions": ["prediction"], "y_true": ["reference"], "y_pred": ["prediction"],
        "n_bootstrap": ["resamples"], "n_resamples": ["resamples"], "stratify_by_column": ["stratify"],
        "reverse": ["descending"], "ascending": ["descending"], "threshold": ["near"],
        "similarity": ["near"], "words": ["near_words"], "against": ["other_column"],
        "ngram": ["test_words"], "tokenizer": ["tokens"],
    ]

    /// Requests to language models: OpenAI's, Anthropic's and LangChain's names.
    private static let requestNames: [String: [String]] = [
        "messages": ["prompt"], "template": ["prompt", "user"], "instruction": ["system", "prompt"],
        "system_prompt": ["system"], "developer": ["system"], "few_shot": ["examples"],
        "shots": ["examples"], "few_shot_examples": ["examples"], "human": ["user"],
        "content": ["user"], "stop_sequences": ["stop"], "response_format": ["schema"],
        "json_schema": ["schema"], "format": ["schema"], "engine": ["model"], "model_name": ["model"],
        "api_base": ["base_url"], "base": ["base_url"], "endpoint": ["base_url"], "url": ["base_url"],
        "max_retries": ["retries"], "num_retries": ["retries"], "request_timeout": ["timeout"],
        "max_concurrency": ["concurrency"], "max_workers": ["concurrency"], "workers": ["concurrency"],
        "rpm": ["requests_per_minute"], "tpm": ["tokens_per_minute"], "budget": ["budget_usd"],
        "max_cost": ["budget_usd"], "column": ["output"], "output_column": ["output"],
        "name": ["output"], "no_cache": ["fresh"], "cache": ["fresh"], "use_cache": ["fresh"],
    ]

    // MARK: Names that mean something else here

    /// What to write instead, where no single name of ours stands in the same place.
    private static let remarks: [String: String] = [
        "len": "#x counts rows and elements", "length": "#x counts rows and elements",
        "size": "#x counts rows and elements", "shape": "#d counts the rows, #d.columns the columns",
        "count": "#x counts rows and elements", "nrow": "#x counts the rows",
        "dir": "help(x) lists what x has; so does Tab after 'x.' and 'x:'",
        "vars": ":vars at the prompt lists your variables",
        "exit": "Ctrl-D leaves the prompt; os.exit() ends a script",
        "quit": "Ctrl-D leaves the prompt; os.exit() ends a script",
        "str": "tostring(x) makes a text", "int": "math.tointeger(x) or x // 1 makes a whole number",
        "float": "tonumber(x) reads a number", "repr": "show(x) shows all of it",
        "isinstance": "type(x) == \"string\" tests a type", "range": "for i = 1, 10 do … end counts",
        "enumerate": "for i, r in ipairs(d) do … end counts along",
        "zip": "for i, r in ipairs(d) do … other[i] … end walks two lists",
        "sum": "for _, v in ipairs(d:column(\"x\")) do total = total + v end adds up",
        "min": "math.min(a, b); d:stats() has the least and the most of texts' lengths",
        "max": "math.max(a, b); d:stats() has the least and the most of texts' lengths",
        "abs": "math.abs(x)", "round": "(\"%.2f\"):format(x) rounds for printing",
        "sorted": "table.sort(t) sorts a list in place; d:sort(\"column\") sorts rows",
        "list": "{ 1, 2, 3 } is a list", "dict": "{ a = 1, b = 2 } is a table of names",
        "set": "{ a = true } is a set",
        "open": "data.load(path) reads records; io.open(path) opens a file",
        "input": "io.read() reads a line", "echo": "print(x)", "printf": "print((\"%d\"):format(x))",
        "null": "nil is Lua's null", "None": "nil is Lua's None", "undefined": "nil is Lua's undefined",
        "NaN": "0/0 is not a number", "True": "true is written small", "False": "false is written small",
        "TRUE": "true is written small", "FALSE": "false is written small", "elif": "write elseif",
        "elsif": "write elseif", "def": "function name(a) … end defines a function",
        "lambda": "function(x) return … end is a function",
        "import": "require \"name\" loads a module; everything of Lyceum is loaded",
        "from": "require \"name\" loads a module; everything of Lyceum is loaded",
        "del": "x = nil forgets a variable", "class": "tables and functions do it in Lua",
        "await": "calls wait for their answer", "async": "calls wait for their answer",
        "const": "local x <const> = 1, or x = 1", "let": "x = 1 sets a variable",
        "var": "x = 1 sets a variable",
        "pd": "data.load(path) and data.from { … } make tables (help \"from pandas\")",
        "pandas": "data.load(path) and data.from { … } make tables (help \"from pandas\")",
        "np": "math has the functions of numbers", "torch": "students compute with libtorch: student.list()",
        "datasets": "data.load(path) reads datasets (help \"from hugging face\")",
        "load_dataset": "data.load(path) reads datasets (help \"from hugging face\")",
        "transformers": "student.load(folder) reads a checkpoint (help \"from hugging face\")",
        "AutoModel": "student.load(folder) reads a checkpoint (help \"from hugging face\")",
        "AutoTokenizer": "a student brings its tokenizer: student:tokenize(text)",
        "AutoModelForSeq2SeqLM": "student.load(folder) reads a checkpoint (help \"from hugging face\")",
        "Trainer": "student:train(data, { … }) trains (help \"from hugging face\")",
        "Seq2SeqTrainer": "student:train(data, { … }) trains (help \"from hugging face\")",
        "TrainingArguments": "the options of student:train have the same names",
        "pipeline": "student.load(folder) and student(text) answer (help \"from hugging face\")",
        "openai": "teacher.open { \"openai\", model = \"gpt-4o-mini\" }",
        "OpenAI": "teacher.open { \"openai\", model = \"gpt-4o-mini\" }",
        "anthropic": "teacher.open { \"anthropic\", model = \"…\" }",
        "rouge": "metrics.rouge(d, { prediction = …, reference = … })",
        "bleu": "metrics.bleu(d, { prediction = …, reference = … })",
        "unpack": "table.unpack(t); d:unpack(\"column\") for JSON in a column",
        "loadstring": "load(text)", "table.getn": "#t", "setfenv": "load(text, name, \"t\", env)",
        "iloc": "d[1] is the first row; d:skip(5):take(10) are rows 6 to 15",
        "loc": "d:filter { equals = { column = value } }; d[1] is the first row",
        "tail": "d:skip(#d - 5) are the last five rows", "index": "rows are numbered from 1",
        "show": "show(d, { rows = 10 }) shows rows; so does d:take(10)",
        "print": "print(d) or show(d, { rows = 10 })", "display": "show(x)",
        "plot": "run:plot() draws a run's figures",
        "dtypes": "columns have no types: d.columns", "values": "d:column(\"name\") is a column's values",
        "items": "for k, v in pairs(t) do … end walks a table",
        "iterrows": "for i, r in ipairs(d) do … end walks the rows",
        "itertuples": "for i, r in ipairs(d) do … end walks the rows",
        "isnull": "d:filter(function(r) return r.x ~= nil end)",
        "dropna": "d:filter { not_empty = { \"column\" } } keeps rows with a text",
        "fillna": "d:map(function(r) r.x = r.x or \"\" return r end)",
        "merge": "d:map(function(r) r.y = other[r.id] return r end) joins by a table",
        "join": "d:concat(other) puts rows under rows; d:map joins by a table",
        "pivot": "d:group(\"column\") counts", "agg": "d:group(\"column\") counts; d:stats() measures",
        "mean": "d:stats() has the means of texts' lengths",
        "cache": "replies are kept in the lab (help \"replies\")",
        "stream": "at the prompt an answer is shown as it comes", "verbose": "lyceum -q is silent",
        "logging_steps": "every step is recorded: run:history(\"loss\"), run:plot()",
        "logging_dir": "the lab keeps every figure: runs.list()",
        "report_to": "runs.report({ … }, { file = … })",
        "run_name": "give the run a name = \"…\"", "callbacks": "run:history(name) has every figure",
        "compile": "a student needs no compile step", "loss": "the architecture has its loss",
        "metrics": "score afterwards: metrics.rouge(out, { … })",
        "train_dataset": "the data is the first argument: student:train(data, { … })",
        "predict_with_generate": "student:generate(test, { … }) after the training",
        "load_best_model_at_end": "valid = … with metric_for_best_model keeps the best",
        "gpu": "a student chooses the device; student.load(folder, { device = \"cuda\" })",
        "cuda": "a student chooses the device; student.load(folder, { device = \"cuda\" })",
        "to": "student.load(folder, { device = \"cuda\" }) chooses the device",
        "eval": "a student needs no eval mode", "api_key": "set OPENAI_API_KEY in the environment",
        "ChatCompletion": "gpt \"…\" asks once; gpt:generate(d, { prompt = … }) asks for every row",
        "chat": "gpt \"…\" asks once; prompt { system = …, user = … } is a chat (help \"chat\")",
        "add": "+ adds numbers, .. joins texts; data is never changed in place",
        "push": "table.insert(t, x)", "append": "table.insert(t, x)", "contains": "text:find(\"x\", 1, true)",
        "replace": "text:gsub(\"a\", \"b\")", "strip": "text:match(\"^%s*(.-)%s*$\")",
        "trim": "text:match(\"^%s*(.-)%s*$\")",
        "startswith": "text:sub(1, #start) == start", "split": "for w in text:gmatch(\"%S+\") do … end",
        "lower": "text:lower()", "upper": "text:upper()", "keys": "for k in pairs(t) do … end",
    ]

    // MARK: Other languages' syntax

    /// What to say about code that does not compile: the marks of other languages in the line.
    ///
    /// - Parameters:
    ///   - line: of the source.
    ///   - message: Lua's, such as "unexpected symbol near '+'".
    /// - Returns: nil if nothing foreign stands there.
    public static func syntaxHint(for line: String, message: String) -> String? {
        let code = withoutStrings(line)
        func has(_ mark: String) -> Bool { code.contains(mark) }
        if has("!=") { return "'not equal' is written ~=" }
        for sign in ["+", "-", "*", "/"] where has("\(sign)=") {
            return "Lua has no \(sign)=; write x = x \(sign) y"
        }
        if has("++") { return "Lua has no ++; write x = x + 1" }
        if has("&&") { return "'and' is written and" }
        if has("||") { return "'or' is written or" }
        let words = code.split { !$0.isLetter && $0 != "_" && !$0.isNumber }.map(String.init)
        if let word = words.first(where: { ["elif", "elsif", "lambda", "def", "import"].contains($0) }),
            let remark = remarks[word]
        {
            return remark
        }
        if words.contains("in"), words.first == "for", !words.contains("do") {
            return "a loop is written for i, r in ipairs(d) do … end"
        }
        if has(" else if ") { return "write elseif, or end the inner if with an end of its own" }
        if code.firstMatch(of: /\[[^\]\[]*:[^\]\[]*\]/) != nil {
            return "rows 6 to 15 are d:skip(5):take(10)"
        }
        if has("!") { return "'not' is written not" }
        if words.first.map({ ["if", "while", "for"].contains($0) }) == true, code.hasSuffix(":") {
            return "a block is written \(words.first ?? "if") … \(words.first == "if" ? "then" : "do") … end"
        }
        if has("? ") || has(" ?") { return "'a if c else b' is written c and a or b" }
        return nil
    }

    /// A line without what stands in quotes and behind `--`.
    private static func withoutStrings(_ line: String) -> String {
        var code = ""
        var quote: Character?
        var previous: Character = " "
        for character in line {
            if let open = quote {
                if character == open, previous != "\\" { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
                code.append(" ")
            } else {
                if character == "-", previous == "-" { return String(code.dropLast()) }
                code.append(character)
            }
            previous = character
        }
        while code.last?.isWhitespace == true { code.removeLast() }
        return code
    }
}
