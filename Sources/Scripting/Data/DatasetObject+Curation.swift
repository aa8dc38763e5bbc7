import Corpus
import LuaBridge
import LyceumKit

// Choosing what is fit to learn from: dataset:curate.
extension DatasetObject {
    static func curate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "curate",
            summary:
                "Keeps the rows whose text is fit to learn from, and reports what was dropped and why. "
                + "Reasoning before the answer is taken off; beyond that only what is asked for is tested, in the order "
                + "of the options.",
            parameters: [LuaParameter("options", .options(curationOptions), "what the text must be like")],
            returns:
                "the rows that passed; the others are in its `dropped` with a column 'reason', and the counts "
                + "in its `report`",
            errors: ["no such column, a row without text", "a tokenizer that has no vocabulary yet"],
            example: "local d = data.from {\n"
                + "  { article = \"Sure, here is the article:\\n\\nA cat sat on a mat.\", summary = \"cat\" },\n"
                + "  { article = \"I'm sorry, but I can't help with that.\", summary = \"dog\" } }\n"
                + "local clean = d:curate { column = \"article\", refusals = true, boilerplate = \"strip\" }\n"
                + "assert(clean[1].article == \"A cat sat on a mat.\" and clean.dropped[1].summary == \"dog\")",
            optionNames: ["column": .columns, "other_column": .columns, "test_column": .columns],
            body: { call in
                let data = try dataset(call)
                let options = try call.options(1)
                let job = environment.job("curating")
                let result = try data.curate(try curation(of: options), job: job)
                job.finish(done: data.count, of: data.count, unit: "rows")
                job.note("curate: \(result.report)")
                return [.object(DatasetObject(result.kept, curation: result))]
            })
    }

    private static let curationOptions: [OptionDeclaration] = [
        .string("column", required: true, "the text that is judged"),
        .boolean(
            "refusals", default: false, "drops rows in which the model refused (\"I'm sorry, but I can't…\")"),
        .choice(
            "boilerplate", Curation.Boilerplate.allCases.map(\.rawValue), default: "keep",
            "words around the answer (\"Sure, here is…:\", \"I hope this helps!\"): taken off, or the row dropped"
        ),
        .choice(
            "reasoning", Curation.Boilerplate.allCases.map(\.rawValue), default: "strip",
            "what a model thought before its answer (<think>…</think>): taken off, or the row dropped"),
        .integer("min_chars", default: nil, in: 0...Int(1e15), "minimum number of characters"),
        .integer("max_chars", default: nil, in: 0...Int(1e15), "maximum number of characters"),
        .integer(
            "min_words", default: nil, in: 0...Int(1e15),
            "minimum number of words; what a word is: help \"words\""),
        .integer("max_words", default: nil, in: 0...Int(1e15), "maximum number of words"),
        .integer(
            "min_tokens", default: nil, in: 0...Int(1e15), "minimum number of tokens, as `tokens` counts them"
        ),
        .integer(
            "max_tokens", default: nil, in: 0...Int(1e15), "maximum number of tokens, as `tokens` counts them"
        ),
        .object(
            "tokens", "value",
            "a student whose vocabulary counts tokens, special ones included, or a function text → count or list"
        ),
        .string("other_column", "the other column of the pair, for compression"),
        .number(
            "min_compression", default: nil, in: 0...1e15,
            "minimum words of `column` for each word of `other_column`"),
        .number(
            "max_compression", default: nil, in: 0...1e15,
            "maximum words of `column` for each word of `other_column`"),
        .choice(
            "script", Script.allCases.map(\.rawValue), default: nil, "the writing system of the language"),
        .number("min_script_share", default: 0.8, in: 0...1, "minimum share of letters in that script"),
        .boolean("duplicates", default: false, "drops a text that an earlier row has, ignoring white space"),
        .number(
            "near", default: nil, in: 0.01...1,
            "drops a text whose word n-grams overlap with an earlier row's by at least this much (Jaccard similarity; 0.8 is usual)"
        ),
        .integer("near_words", default: 5, in: 1...100, "the length of these n-grams"),
        .object("test", "dataset", "the test set: rows that share a run of words with it are dropped"),
        .string("test_column", "its texts; else `column`"),
        .integer("test_words", default: 13, in: 1...100, "the length of these n-grams, in words (GPT-3: 13)"),
    ]

    private static func curation(of options: LuaOptions) throws -> Curation {
        let values = options.values
        func refuse(_ option: String, _ expected: String) -> LyceumError {
            .badOption(function: values.function, option: option, expected: expected, got: "nothing")
        }
        func whole(_ unit: String) throws -> ClosedRange<Int>? {
            try range(
                values.optionalInt("min_\(unit)"), values.optionalInt("max_\(unit)"), 0, Int.max, unit, values
            )
        }
        let column = try values.string("column")
        var curation = Curation(column)
        curation.dropsRefusals = try values.bool("refusals")
        curation.boilerplate = try values.choice("boilerplate")
        curation.reasoning = try values.choice("reasoning")
        curation.characters = try whole("chars")
        curation.words = try whole("words")
        if let tokens = try whole("tokens") {
            guard let count = try tokenCounter(options, function: values.function) else {
                throw refuse("tokens", "a student that reads text in pieces, or a function, to count tokens")
            }
            curation.tokens = (tokens, count)
        }
        if let range = try range(
            values.optionalDouble("min_compression"), values.optionalDouble("max_compression"), 0, .infinity,
            "compression", values)
        {
            guard let against = values.optionalString("other_column") else {
                throw refuse("other_column", "the other column of the pair, for compression")
            }
            curation.compression = (range, against)
        }
        if let script = values.optionalString("script").flatMap(Script.init) {
            curation.script = (script, try values.double("min_script_share"))
        }
        curation.dropsDuplicates = try values.bool("duplicates")
        if let near = values.optionalDouble("near") { curation.near = (near, try values.int("near_words")) }
        if let test = try options.object("test", DatasetObject.self)?.dataset {
            let texts = try test.strings(values.optionalString("test_column") ?? column)
            curation.contamination = (texts, try values.int("test_words"))
        }
        return curation
    }

    /// The range of two bounds of which one may be missing; nil if both are.
    private static func range<Number: Comparable>(
        _ least: Number?, _ most: Number?, _ lowest: Number, _ highest: Number, _ unit: String,
        _ options: Options
    ) throws -> ClosedRange<Number>? {
        if least == nil, most == nil { return nil }
        let (least, most) = (least ?? lowest, most ?? highest)
        guard least <= most else {
            throw LyceumError.badOption(
                function: options.function, option: "max_\(unit)",
                expected: "at least min_\(unit) (\(least))",
                got: "\(most)")
        }
        return least...most
    }
}
