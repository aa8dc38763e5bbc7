import LuaBridge
import LyceumKit
import Teaching

extension Scripting {
    /// Every kind of teacher, with its options.
    private static let teacherKinds: [(kind: String, options: [OptionDeclaration], summary: String)] = [
        ("openai", OpenAITeacher.options, "a language model behind an OpenAI-compatible API"),
        (
            "retrieval", RetrievalTeacher.options,
            "no language model: answers with text of a background corpus (help \"retrieval\")"
        ),
    ]

    /// `teacher`: where teachers come from.
    static func teacherModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "teacher",
            summary: "Language models and their stand-ins, which write what students learn from.",
            functions: [
                LuaFunction(
                    name: "open",
                    summary: "Opens a teacher: teacher.open { \"openai\", model = \"gpt-4o-mini\" }.",
                    parameters: [
                        LuaParameter(
                            "options", .table,
                            "the kind first (\"openai\", \"retrieval\"), then its options: "
                                + "help \"openai\", help \"retrieval\"",
                            names: .suggestions { _ in
                                teacherKinds.map { LuaSuggestion($0.kind, $0.summary) }
                            })
                    ],
                    returns: "a teacher",
                    errors: ["a kind or an option that is not known (the nearest is named)", "no API key"],
                    example:
                        "local background = data.from { { document = \"A cat sat.\", summary = \"cat\" } }\n"
                        + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }",
                    furtherOptions: { site in teacherKinds.first { $0.kind == site.head }?.options ?? [] },
                    optionNames: [
                        "model": .suggestions { _ in
                            OpenAITeacher.pricedModels.map { LuaSuggestion($0, "a model of known price") }
                        },
                        "input": .columns, "target": .columns,
                    ],
                    body: { call in
                        let table = try call.table(1)
                        guard let name = try table.get(1).string else {
                            throw LyceumError.invalid(
                                call.place(1), expected: "a table whose first element names the kind",
                                got: call.state.typeName(try table.get(1)),
                                remedy: "as in teacher.open { \"openai\", model = \"gpt-4o-mini\" }")
                        }
                        guard let kind = teacherKinds.first(where: { $0.kind == name }) else {
                            throw LyceumError.unknownName(
                                kind: "teacher", name: name, known: teacherKinds.map(\.kind), remedy: nil)
                        }
                        let options = try call.options(1, declared: kind.options, positionals: 1)
                        return [.object(TeacherObject(try open(kind.kind, options, environment)))]
                    }),
                LuaFunction(
                    name: "list", summary: "The kinds of teachers there are.",
                    returns: "a list of { kind, summary }",
                    example: "for _, t in ipairs(teacher.list()) do print(t.kind, t.summary) end",
                    body: { _ in
                        [
                            .data(
                                .list(
                                    teacherKinds.map {
                                        ["kind": .string($0.kind), "summary": .string($0.summary)]
                                    }))
                        ]
                    }),
            ])
    }

    private static func open(
        _ kind: String, _ options: LuaOptions, _ environment: ScriptEnvironment
    ) throws -> any Teacher {
        switch kind {
        case "openai": return try OpenAITeacher(options.values)
        default:
            let input = try options.values.string("input")
            let target = try options.values.string("target")
            guard let corpus = try options.object("corpus", DatasetObject.self)?.dataset else {
                throw LyceumError.badOption(
                    function: "teacher.open", option: "corpus", expected: "a dataset", got: "nothing")
            }
            let pairs = zip(try corpus.strings(input), try corpus.strings(target))
            return try RetrievalTeacher(
                pairs: pairs.map { (input: $0, target: $1) }, inputName: input, targetName: target,
                task: options.values.optionalString("task").flatMap(RetrievalTeacher.Task.init),
                job: environment.job("indexing the background"))
        }
    }

    /// A page of help for each kind of teacher, written by its declarations.
    static func teacherTopics(help: @escaping () -> HelpText) -> [HelpTopic] {
        teacherKinds.map { kind in
            HelpTopic(name: kind.kind, summary: kind.summary) {
                let about =
                    kind.kind == "retrieval" ? retrievalPage + "\n\n" : "\(kind.kind): \(kind.summary)\n\n"
                return about
                    + optionTable("options of teacher.open { \"\(kind.kind)\", … }", kind.options, help())
            }
        }
    }
}
