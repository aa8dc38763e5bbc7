import Corpus
import LuaBridge
import LyceumKit
import Prompting
import Workbench

// What `prompt = …` of teacher:generate may be: a prompt, a template, or several of them.
extension TeacherObject {
    /// A prompt with the column that takes its answers.
    struct NamedPrompt {
        let column: String
        let prompt: PromptTemplate
    }

    /// Reads the option `prompt`, or another that holds prompts.
    ///
    /// - Parameter output: the column of a single prompt; those of a list are numbered after it.
    /// - Throws: `LyceumError.badOption` for anything that is not a prompt.
    static func prompts(
        _ options: LuaOptions, option: String = "prompt", output: String, _ state: LuaState
    ) throws -> [NamedPrompt] {
        let given = options.reference(option)
        if let one = try prompt(given) { return [NamedPrompt(column: output, prompt: one)] }
        func refuse(_ value: LuaValue) -> LyceumError {
            .badOption(
                function: options.values.function, option: option,
                expected:
                    "a prompt, a template in quotes, or several: { zero = p1, few = p2 }",
                got: state.typeName(value))
        }
        guard let table = given.table else { throw refuse(given) }
        var named: [NamedPrompt] = []
        let elements = try table.elements()
        for (position, element) in elements.enumerated() {
            guard let one = try prompt(element) else { throw refuse(element) }
            named.append(NamedPrompt(column: "\(output)_\(position + 1)", prompt: one))
        }
        let entries = try table.entries().filter { $0.key.integer == nil }
        // A chat that was not made a prompt yet.
        let roles: Set<String> = ["system", "user", "assistant", "examples", "answer", "question"]
        if elements.isEmpty, entries.contains(where: { $0.key.string == "user" && $0.value.string != nil }),
            entries.allSatisfy({ $0.key.string.map(roles.contains) == true })
        {
            throw LyceumError.badOption(
                function: options.values.function, option: "prompt",
                expected: "a prompt of these messages: prompt = prompt { user = …, … }", got: "a table")
        }
        for entry in entries.sorted(by: { ($0.key.string ?? "") < ($1.key.string ?? "") }) {
            guard let column = entry.key.string, let one = try prompt(entry.value) else {
                throw refuse(entry.value)
            }
            named.append(NamedPrompt(column: column, prompt: one))
        }
        if named.isEmpty { throw refuse(given) }
        return named
    }

    /// A prompt, or a template in quotes; nil for anything else.
    private static func prompt(_ value: LuaValue) throws -> PromptTemplate? {
        if let object = value.object as? PromptObject { return object.prompt }
        return try value.string.map { try PromptTemplate($0) }
    }

    /// What a call wants to be asked: a plan for each prompt.
    static func plans(_ call: LuaCall, _ options: LuaOptions) throws -> [GenerationPlan] {
        let data = try call.object(1, DatasetObject.self).dataset
        let values = options.values
        let prompts = try prompts(options, output: try values.string("output"), call.state)
        let samples = try values.int("n")
        guard prompts.count == 1 || samples == 1 else {
            throw LyceumError.badOption(
                function: values.function, option: "n", expected: "1 with several prompts",
                got: "\(samples)")
        }
        return try prompts.map { named in
            try GenerationPlan(
                data, prompt: named.prompt, output: named.column, samples: samples,
                reuse: try values.bool("fresh") ? .none : .all,
                showsProvenance: prompts.count == 1 ? try values.bool("provenance") : false,
                name: values.optionalString("name").map { name in
                    prompts.count == 1 ? name : "\(name), \(named.column)"
                })
        }
    }

    /// The table of options, with those of a request that this teacher takes for one call.
    func callOptions(_ call: LuaCall) throws -> (all: LuaOptions, request: Options) {
        guard call.value(2).table != nil else {
            throw LyceumError.invalid(
                call.place(2), expected: "a table of options", got: call.state.typeName(call.value(2)),
                remedy: "write \(call.name.replacing("teacher:", with: "gpt:"))(d, { prompt = p })")
        }
        let kind = teacher.kind
        let options = try call.options(2, adding: opened.callOptions) { name in
            Self.requestOptions.contains(name) ? "a teacher of kind '\(kind)' does not have it" : nil
        }
        return (options, try options.values.only(opened.callOptions))
    }

    /// Options of language models that other kinds of teachers do not have.
    private static let requestOptions: Set<String> = [
        "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop", "seed", "logprobs",
        "top_logprobs", "frequency_penalty", "presence_penalty", "reasoning_effort", "verbosity",
    ]
}
