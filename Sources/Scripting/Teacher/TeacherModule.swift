import Corpus
import LuaBridge
import LyceumKit
import Teaching
import Workbench

/// One kind of teacher, as `teacher.open` knows it.
struct TeacherKind {
    /// The name under which it is opened.
    let name: String
    /// One line for `teacher.list()`.
    let summary: String
    /// Its options.
    let options: [OptionDeclaration]
    /// What its page of help says before the options.
    var page: String?
    /// Options of other kinds that it cannot have, with why.
    var lacking: [String: String] = [:]
    /// Opens one.
    let open: (LuaOptions, ScriptEnvironment) throws -> any Teacher
}

extension Scripting {
    /// Every kind of teacher.
    private static var teacherKinds: [TeacherKind] {
        ServerDialect.all.map { dialect in
            TeacherKind(
                name: dialect.kind, summary: dialect.summary, options: OpenAITeacher.options(of: dialect),
                lacking: OpenAITeacher.optionsLacking(in: dialect),
                open: { options, _ in try OpenAITeacher(options.values, dialect: dialect) })
        } + [
            TeacherKind(
                name: "student", summary: "a student of this session, which teaches another",
                options: StudentTeacher.options, open: openStudent),
            TeacherKind(
                name: "replay", summary: "no language model: repeats recorded replies",
                options: ReplayTeacher.options,
                open: openReplay),
            TeacherKind(
                name: "retrieval",
                summary: "no language model: answers with text of a background corpus (help \"retrieval\")",
                options: RetrievalTeacher.options, page: retrievalPage, open: openRetrieval),
        ]
    }

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
                            "the kind first (\"openai\", \"anthropic\", \"ollama\", …: teacher.list()), then its "
                                + "options: help \"openai\", help \"retrieval\"",
                            names: .suggestions { _ in
                                teacherKinds.map { LuaSuggestion($0.name, $0.summary) }
                                    + environment.plugins.teachers.map { LuaSuggestion($0.id, $0.summary) }
                            })
                    ],
                    returns: "a teacher",
                    errors: ["a kind or an option that is not known (the nearest is named)", "no API key"],
                    example:
                        "local background = data.from { { document = \"A cat sat.\", summary = \"cat\" } }\n"
                        + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }",
                    furtherOptions: { site in
                        teacherKinds.first { $0.name == site.head }?.options
                            ?? pluginTeacherOptions(site.head, environment) ?? []
                    },
                    optionNames: [
                        "model": .suggestions { _ in
                            OpenAITeacher.pricedModels.map { LuaSuggestion($0, "a model of known price") }
                        },
                        "input": .columns, "target": .columns, "file": .files,
                    ],
                    body: { call in
                        let table = try call.table(1)
                        guard let name = try table.get(1).string else {
                            throw LyceumError.invalid(
                                call.place(1), expected: "a table whose first element names the kind",
                                got: call.state.typeName(try table.get(1)),
                                remedy: "as in teacher.open { \"openai\", model = \"gpt-4o-mini\" }")
                        }
                        guard let kind = teacherKinds.first(where: { $0.name == name }) else {
                            if let teacher = try pluginTeacher(name, call, environment) {
                                return [.object(teacher)]
                            }
                            throw LyceumError.unknownName(
                                kind: "teacher", name: name,
                                known: teacherKinds.map(\.name) + environment.plugins.teachers.map(\.id),
                                remedy: nil)
                        }
                        for (option, reason) in kind.lacking.sorted(by: { $0.key < $1.key })
                        where !(try table.get(option).isNil) {
                            throw LyceumError.badOption(
                                function: "teacher.open", option: option, expected: "nothing: \(reason)",
                                got: call.state.typeName(try table.get(option)))
                        }
                        let options = try call.options(1, declared: kind.options, positionals: 1)
                        return [
                            .object(
                                TeacherObject(
                                    OpenTeacher(try kind.open(options, environment), options: options.values))
                            )
                        ]
                    }),
                LuaFunction(
                    name: "list", summary: "Lists the available kinds of teacher.",
                    returns: "a list of { id, summary }",
                    example: "for _, t in ipairs(teacher.list()) do print(t.id, t.summary) end",
                    body: { _ in
                        [
                            .data(
                                .list(
                                    teacherKinds.map {
                                        ["id": .string($0.name), "summary": .string($0.summary)]
                                    }
                                        + environment.plugins.teachers.map {
                                            ["id": .string($0.id), "summary": .string($0.summary)]
                                        }))
                        ]
                    }),
            ])
    }

    private static func openStudent(_ options: LuaOptions, _ environment: ScriptEnvironment) throws
        -> any Teacher
    {
        guard let object = try options.object("student", StudentObject.self) else {
            throw LyceumError.badOption(
                function: "teacher.open", option: "student", expected: "a student", got: "nothing")
        }
        let architecture = object.architecture
        let writes = object.student.tasks.contains(.generate)
        let declared = writes ? architecture.generationOptions : architecture.classificationOptions
        let own = try Options(
            options.values.values["options"]?.object ?? [:], declared: declared,
            function: "teacher.open: options")
        return StudentTeacher(
            object.student, options: own, input: options.values.optionalString("input"))
    }

    private static func openReplay(_ options: LuaOptions, _ environment: ScriptEnvironment) throws
        -> any Teacher
    {
        let path = try options.values.string("file")
        let data = try Dataset.load(path, urlLists: nil, job: environment.job("loading \(path)"))
        let records = try (0..<data.count).map { row in
            let record = try data.record(at: row)
            return Dictionary(zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
        }
        return try ReplayTeacher(
            records, name: path, reply: try options.values.string("reply"),
            question: options.values.optionalString("question"))
    }

    private static func openRetrieval(
        _ options: LuaOptions, _ environment: ScriptEnvironment
    ) throws -> any Teacher {
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

    /// A page of help for each kind of teacher, written by its declarations.
    static func teacherTopics(help: @escaping () -> HelpText) -> [HelpTopic] {
        teacherKinds.map { kind in
            HelpTopic(name: kind.name, summary: kind.summary) {
                (kind.page ?? "\(kind.name): \(kind.summary)") + "\n\n"
                    + optionTable("options of teacher.open { \"\(kind.name)\", … }", kind.options, help())
            }
        }
    }
}
