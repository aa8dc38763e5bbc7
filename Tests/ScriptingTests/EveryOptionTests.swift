import LuaBridge
import LyceumKit
import Scripting
import TestSupport
import Testing

/// What is declared can be used: every option of every function, teacher and architecture is set through Lua, with each
/// choice and both ends of its range.
@Suite struct EveryOptionTests {
    /// The values of an option to try, as Lua writes them; none for one that holds an object.
    static func literals(_ kind: OptionDeclaration.Kind, _ range: ClosedRange<Double>?) -> [String] {
        switch kind {
        case .boolean: return ["true", "false"]
        case .integer:
            guard let range else { return ["0", "-1", "7"] }
            return [range.lowerBound, range.upperBound].map { Int(exactly: $0).map { String($0) } ?? "nil" }
        case .number:
            guard let range else { return ["0", "-1.5"] }
            return [range.lowerBound, range.upperBound].map { String($0) }
        case .string: return ["\"a text\""]
        case .choice(let choices): return choices.map { "\"\($0)\"" }
        case .list(let element): return ["{}"] + literals(element, range).map { "{ \($0) }" }
        case .table: return ["{}", "{ a = 1 }"]
        case .either(let kinds): return kinds.flatMap { literals($0, range) }
        case .object: return []
        }
    }

    /// Every table of options that a function takes, an architecture or a teacher declares.
    private static func tables(_ state: LuaState, _ host: PluginHost) throws -> [(
        name: String, options: [OptionDeclaration]
    )] {
        let documentation = state.documentation
        let functions =
            documentation.modules.flatMap { module in
                module.functions.map { ("\(module.name).\($0.name)", $0) }
            } + documentation.functions.map { ($0.name, $0) }
            + documentation.types.flatMap { type in type.methods.map { ("\(type.name):\($0.name)", $0) } }
        var tables = functions.flatMap { name, function in
            function.parameters.compactMap(\.kind.options).map { (name, $0) }
        }
        for student in host.students {
            for (purpose, options) in try host.options(ofStudent: student.id) {
                tables.append(("\(student.id), \(purpose)", options))
            }
        }
        return tables
    }

    @Test func everyOptionTakesWhatItDeclares() throws {
        let state = try makeState()
        let host = PluginHost(folders: [buildFolder])
        let tables = try Self.tables(state, host)
        let types = Set(state.documentation.types.map(\.name) + ["function", "table", "value", "string"])
        let probe = try LuaState()
        try probe.register(
            LuaModule(
                name: "probe", summary: "Takes options.",
                functions: tables.enumerated().map { index, table in
                    LuaFunction(
                        name: "take\(index)", summary: "Takes options.",
                        parameters: [LuaParameter("options", .options(table.options), "all")], returns: "them"
                    ) { call in
                        let required = table.options.filter { !$0.isRequired }
                        let options = try call.options(1, declared: required).values
                        let given = options.values.filter { options.isGiven($0.key) }
                        return [.data(.object(given))]
                    }
                }))
        var tried = 0
        for (index, table) in tables.enumerated() {
            for option in table.options {
                if case .object(let type) = option.kind {
                    // An object that nobody can make is an option that nobody can use.
                    #expect(types.contains(type), "\(table.name): '\(option.name)' is a '\(type)'")
                    continue
                }
                guard !option.isRequired else { continue }
                for literal in Self.literals(option.kind, option.range) {
                    let code =
                        "local o = probe.take\(index) { [\"\(option.name)\"] = \(literal) }\n"
                        + "assert(o[\"\(option.name)\"] ~= nil)"
                    let said = message(code, in: probe)
                    #expect(said == "(no error)", "\(table.name): \(option.name) = \(literal): \(said)")
                    tried += 1
                }
            }
        }
        #expect(tried > 500)
    }

    /// What must stand next to an option for an end of its range to make sense.
    private static let companions: [String: String] = [
        // Each stack's heads divide the states: the default of the other stack does not divide these.
        "bart.encoder_attention_heads": "d_model = 65536, decoder_attention_heads = 1",
        "bart.decoder_attention_heads": "d_model = 65536, encoder_attention_heads = 1",
        "bart.d_model": "encoder_attention_heads = 1, decoder_attention_heads = 1",
        "bart.bos_token_id": "vocab_size = 1000000", "bart.pad_token_id": "vocab_size = 1000000",
        "bart.eos_token_id": "vocab_size = 1000000", "bart.decoder_start_token_id": "vocab_size = 1000000",
        "bert.num_attention_heads": "hidden_size = 65536", "bert.hidden_size": "num_attention_heads = 1",
        "bert.pad_token_id": "vocab_size = 1000000",
        "t5.relative_attention_num_buckets": "relative_attention_max_distance = 1000000",
        "t5.relative_attention_max_distance": "relative_attention_num_buckets = 4",
        "generation.temperature": "do_sample = true", "generation.top_k": "do_sample = true",
        "generation.top_p": "do_sample = true", "generation.num_return_sequences": "num_beams = 256",
        "generation.min_new_tokens": "max_new_tokens = 65536", "generation.min_length": "max_length = 65536",
        "training.early_stopping_patience": "valid = data", "training.metric_for_best_model": "valid = data",
        "training.predict_with_generate": "valid = data",
        "server.price_in": "price_out = 1", "server.price_out": "price_in = 1",
        "server.budget_usd": "price_in = 1, price_out = 1",
    ]

    /// Values that a declaration allows and something else refuses, with what is said.
    private static let refused: [String: String] = [
        "gbdt.ngram_range = {}": "two whole numbers", "gbdt.ngram_range = { 0 }": "two whole numbers",
        "gbdt.ngram_range = { -1 }": "two whole numbers", "gbdt.ngram_range = { 7 }": "two whole numbers",
        "gbdt.char_ngram_range = { 0 }": "two whole numbers",
        "gbdt.char_ngram_range = { -1 }": "two whole numbers",
        "gbdt.char_ngram_range = { 7 }": "two whole numbers",
        "generation.temperature = 0.0": "more than 0", "generation.bad_words_ids = { {} }": "not empty",
        "generation.bad_words_ids = { { -1 } }": "token ids",
        "generation.suppress_tokens = { -1 }": "token ids",
        "generation.begin_suppress_tokens = { -1 }": "token ids",
        "generation.forced_bos_token_id = 2147483647": "token ids",
        "generation.forced_eos_token_id = 2147483647": "token ids",
        "classification.labels = {}": "at least two",
        "classification.labels = { \"a text\" }": "at least two",
        "training.resume = true": "output_dir",
        "server.base_url = \"a text\"": "an address like", "server.api_key = \"a text\"": "that no key has",
        "server.schema = { a = 1 }": "a JSON schema", "student.options = { a = 1 }": "unknown option 'a'",
        "retrieval.input = \"a text\"": "no column 'a text'",
        "retrieval.target = \"a text\"": "no column 'a text'",
        "replay.file = \"a text\"": "cannot be opened", "replay.reply = \"a text\"": "'a text'",
        "replay.question = \"a text\"": "'a text'",
        // BART's pieces of its own need their ids.
        "bart.vocab_size = 1": "less than vocab_size",
    ]

    /// Calls with each value of each option, and looks at what is said.
    private func tryAll(
        _ owner: String, _ options: [OptionDeclaration], in state: LuaState, call: (String) -> String
    ) {
        for option in options {
            for literal in Self.literals(option.kind, option.range) {
                let name = "\(owner).\(option.name)"
                let more = Self.companions[name].map { ", " + $0 } ?? ""
                let said = message(call("{ \(option.name) = \(literal)\(more) }"), in: state)
                if let reason = Self.refused["\(name) = \(literal)"] {
                    #expect(said.contains(reason), "\(name) = \(literal): \(said)")
                } else if literal == "\"cuda\"" {
                    // A machine may have none; then it says so.
                    #expect(said == "(no error)" || said.contains("CUDA"), "\(name) = \(literal): \(said)")
                } else {
                    #expect(said == "(no error)", "\(name) = \(literal): \(said)")
                }
            }
        }
    }

    @Test(arguments: ["t5", "bart", "bert", "lstm", "gbdt"])
    func aStudentIsMadeOfEveryOption(id: String) throws {
        let state = try makeState()
        let options = try PluginHost(folders: [buildFolder]).options(ofStudent: id)
        tryAll(id, options["configuration"] ?? [], in: state) { "student.new(\"\(id)\", \($0))" }
    }

    /// What a teacher needs before its other options can be tried.
    private static let needs: [String: [String: String]] = [
        "student": ["student": "s"], "replay": ["file": "file"],
        "retrieval": ["corpus": "d", "input": "\"text\"", "target": "\"word\""],
    ]

    @Test func aTeacherIsOpenedWithEveryOption() throws {
        try withFolder { folder in
            let host = PluginHost(folders: [buildFolder])
            let state = try makeState(plugins: host)
            try state.run(
                """
                file = "\(folder)/replies.jsonl"
                data.from({ { question = "why", reply = "so" } }):save(file)
                d = data.from { { text = "one two", word = "one" }, { text = "three", word = "three" } }
                s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_heads = 2, num_layers = 1, vocab_size = 40 })
                s:train(d, { input = "text", target = "word", num_train_epochs = 0 })
                """, name: "test")
            let server = ["model": "\"m\"", "base_url": "\"http://127.0.0.1:1/v1\"", "api_key": "\"k\""]
            var kinds = 0
            for id in host.teachers.map(\.id) {
                let options = try host.teacher(named: id).options
                let names = Set(options.map(\.name))
                let given = Self.needs[id] ?? server.filter { names.contains($0.key) }
                tryAll(Self.needs[id] == nil ? "server" : id, options, in: state) { table in
                    // What is tried comes last: it wins over what is needed.
                    let rest = given.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
                    return
                        "local o = { \"\(id)\", \(rest) } for k, v in pairs(\(table)) do o[k] = v end teacher.open(o)"
                }
                kinds += 1
            }
            #expect(kinds > 8)
        }
    }

    @Test func aWriterTakesEveryOption() throws {
        try withFolder { folder in
            let state = try makeState()
            let options = try PluginHost(folders: [buildFolder]).options(ofStudent: "t5")
            try state.run(
                """
                rows = {}
                for i = 1, 8 do rows[i] = { text = "the number " .. i, word = i % 2 == 0 and "even" or "odd" } end
                data = data.from(rows)
                shape = { d_model = 8, d_kv = 4, d_ff = 8, num_heads = 2, num_layers = 1, vocab_size = 40 }
                function make(task)
                  local s = student.new("t5", { d_model = 8, d_kv = 4, d_ff = 8, num_heads = 2, num_layers = 1,
                                                vocab_size = 40, task = task })
                  s:train(data, { input = "text", target = "word", num_train_epochs = 0 })
                  return s
                end
                writer, namer = make("generate"), make("classify")
                function train(options)
                  options.input, options.target = "text", "word"
                  if options.output_dir then options.output_dir = "\(folder)/kept" end
                  options.max_steps = 0
                  make("generate"):train(data, options)
                end
                """, name: "test")
            tryAll("generation", options["generation"] ?? [], in: state) { "writer:generate({}, \($0))" }
            tryAll("classification", options["classification"] ?? [], in: state) {
                "namer:classify({}, \($0))"
            }
            tryAll("training", options["training"] ?? [], in: state) { "train(\($0))" }
        }
    }
}
