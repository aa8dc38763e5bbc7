import Corpus
import LuaBridge
import LyceumKit
import Teaching
import Workbench

extension Scripting {
    /// `teacher`: where teachers come from.
    static func teacherModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "teacher",
            summary: "Language models and their stand-ins, which write what students learn from.",
            functions: [openTeacher(environment), listTeachers(environment)])
    }

    private static func openTeacher(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "open",
            summary: "Opens a teacher: teacher.open { \"openai\", model = \"gpt-4o-mini\" }.",
            parameters: [
                LuaParameter(
                    "options", .table,
                    "the kind first (\"openai\", \"anthropic\", \"ollama\", …: teacher.list()), then its "
                        + "options: help \"openai\", help \"retrieval\"",
                    names: .suggestions { _ in
                        environment.plugins.teachers.map { LuaSuggestion($0.id, $0.summary) }
                    })
            ],
            returns: "a teacher",
            errors: ["a kind or an option that is not known (the nearest is named)", "no API key"],
            example:
                "local background = data.from { { document = \"A cat sat.\", summary = \"cat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }",
            furtherOptions: { site in
                // Opens its plugin, as the call itself will.
                site.head.flatMap { try? environment.plugins.teacher(named: $0) }?.options ?? []
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
                let kind = try environment.plugins.teacher(named: name)
                for (option, reason) in kind.lacking.sorted(by: { $0.key < $1.key })
                where !(try table.get(option).isNil) {
                    throw LyceumError.badOption(
                        function: "teacher.open", option: option, expected: "nothing: \(reason)",
                        got: call.state.typeName(try table.get(option)))
                }
                let options = try call.options(1, declared: kind.options, positionals: 1)
                var tables: [String: any RecordTable] = [:]
                var students: [String: GivenStudent] = [:]
                for option in kind.options where !option.isPlain {
                    let given = options.reference(option.name).object
                    if let data = given as? DatasetObject { tables[option.name] = data.dataset }
                    if let student = given as? StudentObject {
                        students[option.name] = GivenStudent(student.student, student.architecture)
                    }
                }
                let teacher = try environment.session.open(
                    kind, options.values, tables: tables, students: students)
                return [.object(TeacherObject(teacher))]
            })
    }

    private static func listTeachers(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "list", summary: "Lists the available kinds of teacher.",
            returns: "a list of { id, summary }",
            example: "for _, t in ipairs(teacher.list()) do print(t.id, t.summary) end",
            body: { _ in
                [
                    .data(
                        .list(
                            environment.plugins.teachers.map {
                                ["id": .string($0.id), "summary": .string($0.summary)]
                            }))
                ]
            })
    }

    /// A page of help for each kind of teacher and each metric, written by its declarations.
    static func teacherTopics(_ environment: ScriptEnvironment, help: @escaping () -> HelpText) -> [HelpTopic]
    {
        let builtIn = Set(environment.plugins.builtIn.teachers.map(\.id))
        return environment.plugins.teachers.map { entry in
            HelpTopic(
                name: entry.id, summary: entry.summary, isFromPlugin: !builtIn.contains(entry.id), help: help
            ) {
                let kind = try environment.plugins.teacher(named: entry.id)
                return HelpTopic.Parts(
                    kind.page ?? "\(entry.id): \(kind.summary)",
                    [("options of teacher.open { \"\(entry.id)\", … }", kind.options)])
            }
        }
    }

    /// A page of help for each metric and each kind of file that a plugin brings.
    static func metricTopics(_ environment: ScriptEnvironment, help: @escaping () -> HelpText) -> [HelpTopic]
    {
        let builtIn = Set(environment.plugins.builtIn.metrics.map(\.id))
        let formats = environment.plugins.formats.dropFirst(environment.plugins.builtIn.formats.count).map {
            entry in
            HelpTopic(name: entry.id, summary: entry.summary, isFromPlugin: true, help: help) {
                let format = try environment.plugins.format(named: entry.id)
                let verbs = format.write == nil ? "read" : "read and written"
                let suffixes = entry.suffixes.joined(separator: ", ")
                return HelpTopic.Parts(
                    "\(entry.id): \(entry.summary)\nFiles that end in \(suffixes), \(verbs).",
                    [("options of data.load(path, { … })", format.options)])
            }
        }
        return formats
            + environment.plugins.metrics.filter { !builtIn.contains($0.id) }.map { entry in
                HelpTopic(name: entry.id, summary: entry.summary, isFromPlugin: true, help: help) {
                    let metric = try environment.plugins.metric(named: entry.id)
                    let direction = metric.largerIsBetter ? "Larger is better." : "Smaller is better."
                    return HelpTopic.Parts(
                        "\(entry.id): \(metric.summary)\n\(direction)",
                        [("options of metrics.\(entry.id)(data, { … })", metric.options)])
                }
            }
    }
}
