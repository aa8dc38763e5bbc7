import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    /// `student`: where students come from.
    static func studentModule(_ environment: ScriptEnvironment) -> LuaModule {
        let plugins = environment.plugins
        return LuaModule(
            name: "student", summary: "Small models that learn from examples.",
            functions: [
                LuaFunction(
                    name: "list",
                    summary: "Lists the architectures that plugins bring, without opening them.",
                    returns: "a list of { id, tasks, summary, aliases }",
                    example: "for _, s in ipairs(student.list()) do print(s.id, s.summary) end",
                    body: { _ in
                        let entries = plugins.students.map { entry -> Value in
                            [
                                "id": .string(entry.id), "summary": .string(entry.summary),
                                "tasks": .list(entry.tasks.map { .string($0.rawValue) }),
                                "aliases": .list(entry.aliases.map(Value.string)),
                            ]
                        }
                        return [.data(.list(entries))]
                    }),
                LuaFunction(
                    name: "new", summary: "Makes an untrained student.",
                    parameters: [
                        LuaParameter(
                            "architecture", .string, "an id of student.list()",
                            names: .suggestions { _ in
                                plugins.students.flatMap { student in
                                    ([student.id] + student.aliases).map {
                                        LuaSuggestion($0, student.summary)
                                    }
                                }
                            }),
                        LuaParameter(
                            "options", .table, "of the architecture: help \"t5\" lists them", optional: true),
                    ],
                    returns: "a student",
                    errors: ["an architecture or an option that is not known (the nearest is named)"],
                    example:
                        "local t5 = student.new(\"t5\", { d_model = 64, num_layers = 1, vocab_size = 500 })",
                    furtherOptions: { site in
                        let name = site.arguments.first?.string
                        return name.flatMap { try? plugins.options(ofStudent: $0) }?["configuration"] ?? []
                    },
                    body: { call in
                        let architecture = try plugins.student(named: try call.string(1))
                        let given = try call.optionalTable(2)
                        let options = try LuaOptions(
                            given, declared: architecture.configuration,
                            function: "student.new(\"\(architecture.id)\")", state: call.state)
                        let student = try architecture.make(options.values)
                        return [
                            .object(
                                StudentObject(
                                    student, architecture: architecture, origin: options.values.values))
                        ]
                    }),
                LuaFunction(
                    name: "load", summary: "Reads a student from a folder, or from the Hugging Face Hub.",
                    parameters: [
                        LuaParameter(
                            "name", .string,
                            "a folder that student:save or save_pretrained wrote; or owner/name on the Hub, which is fetched into huggingface_hub's cache once",
                            names: .files),
                        LuaParameter(
                            "options",
                            .options([
                                .choice(
                                    "device", ["auto", "cpu", "cuda"], default: "auto",
                                    "where it computes; auto takes a CUDA device if there is one"),
                                .string(
                                    "revision",
                                    "of a name on the Hub: a branch, a tag, refs/pr/N or a commit; otherwise main"
                                ),
                                hubToken,
                            ]), "how", optional: true),
                    ],
                    returns: "a student",
                    errors: [
                        "device = \"cuda\" without a CUDA device (the message says why)",
                        "a folder without config.json, or of an architecture that no plugin reads",
                        "a checkpoint that is cut short (the file and what is missing)",
                        "a name that is neither a folder nor on the Hub; no access; no answer; see help \"huggingface\"",
                    ],
                    setUp: exampleStudent,
                    example:
                        "local folder = os.tmpname() .. \"-t5\"\nt5:save(folder)\nlocal again = student.load(folder)\nassert(again.architecture == \"t5\")",
                    body: { call in
                        let name = try call.string(1)
                        let options = try call.options(2).values
                        let folder = try environment.hub.checkpointFolder(
                            named: name, revision: options.optionalString("revision"),
                            token: options.optionalString("token"),
                            job: environment.job("downloading \(name)"))
                        let architecture = try plugins.student(modelType: try modelType(of: folder))
                        let student = try architecture.load(folder)
                        try place(student, options)
                        let object = StudentObject(
                            student, architecture: architecture, origin: ["folder": .string(name)])
                        object.opened.template = try StudentTemplate.load(folder: folder)
                        return [.object(object)]
                    }),
            ])
    }

    /// Puts a loaded student where the options say.
    private static func place(_ student: any Student, _ options: Options) throws {
        if let student = student as? any MovableStudent {
            try student.compute(on: try options.string("device"))
        } else if options.optionalString("device") == "cuda" {
            throw LyceumError.unsupported(
                "\(student.architecture) students compute on the CPU only", remedy: "leave device out")
        }
    }

    /// The `model_type` that a checkpoint's config.json names.
    private static func modelType(of folder: String) throws -> String {
        let path = Files.join(folder, "config.json")
        guard Files.isFolder(folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: Files.exists(folder) ? "is not a folder" : "does not exist",
                remedy: "name a folder that student:save or Hugging Face's save_pretrained wrote")
        }
        guard Files.exists(path) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "holds no config.json, so it is not a checkpoint",
                remedy: "name a folder that student:save or Hugging Face's save_pretrained wrote")
        }
        let config = try JSON.decode(try Files.read(path), name: path)
        guard let type = config.object?["model_type"]?.string else {
            throw LyceumError.file(
                path: path, line: nil, problem: "names no model_type", remedy: "is it a checkpoint's config?")
        }
        return type
    }

    /// A page of help for each architecture, written by its plugin's declarations.
    static func architectureTopics(_ environment: ScriptEnvironment, help: @escaping () -> HelpText)
        -> [HelpTopic]
    {
        environment.plugins.students.flatMap { entry in
            ([entry.id] + entry.aliases).map { (entry, $0) }
        }.map { entry, name in
            HelpTopic(name: name, summary: entry.summary, isFromPlugin: true, help: help) {
                let options = try environment.plugins.options(ofStudent: entry.id)
                return HelpTopic.Parts(
                    "\(entry.id): \(entry.summary)",
                    [
                        ("options of student.new(\"\(entry.id)\", { … })", options["configuration"] ?? []),
                        ("options of student:train(data, { … })", options["training"] ?? []),
                        ("options of student:generate(data, { … })", options["generation"] ?? []),
                        ("options of student:classify(data, { … })", options["classification"] ?? []),
                    ])
            }
        }
    }
}
