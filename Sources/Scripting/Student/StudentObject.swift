import Corpus
import LuaBridge
import LyceumKit
import LyceumText
import Workbench

/// A student in Lua's hands, with the architecture whose options its methods take.
final class StudentObject {
    let opened: OpenStudent
    var student: any Student { opened.student }
    var architecture: StudentArchitecture { opened.architecture }
    /// The run of the lab that trained it last; nil if none did.
    var run: Int? { opened.run }

    init(_ student: any Student, architecture: StudentArchitecture, origin: [String: Value]) {
        opened = OpenStudent(student, architecture: architecture, origin: origin)
    }

    static func type(_ environment: ScriptEnvironment) -> LuaType {
        LuaType(
            StudentObject.self, name: "student",
            summary: "A small model that learns from examples. Call it with a text for one answer.",
            methods: [
                train(environment), generate(environment), classify(environment), loss(environment),
                save(environment), close,
            ] + tokenMethods + weightMethods,
            properties: [
                LuaProperty("architecture", "the id of its architecture: \"t5\"") { (object: StudentObject) in
                    .string(object.student.architecture)
                },
                LuaProperty("tasks", "what it can do, a list of \"generate\", \"classify\"") {
                    (object: StudentObject) in
                    .data(.list(object.student.tasks.map { .string($0.rawValue) }))
                },
            ],
            call: LuaFunction(
                name: "answer", summary: "Generates a text for one text, or classifies it.",
                parameters: [
                    LuaParameter("text", .string, "what it reads"),
                    LuaParameter(
                        "options", .table,
                        "as for student:generate, or student:classify of one that classifies",
                        optional: true),
                ],
                returns: "the answer; the prompt also shows how long it took",
                errors: ["a student that has not been trained"],
                setUp: Scripting.exampleStudent,
                example: "local answer = t5 \"A cat ran home.\"",
                body: { call in
                    let object = try call.receiver(StudentObject.self)
                    let text = try call.string(1)
                    let writes = object.student.tasks.contains(.generate)
                    if !writes { try object.require(.classify, in: environment) }
                    let options = try call.options(
                        2,
                        declared: writes
                            ? object.architecture.generationOptions
                            : object.architecture.classificationOptions
                    ).values
                    let clock = ContinuousClock()
                    let start = clock.now
                    // One text needs no progress bar, yet Ctrl-C must stop it.
                    let job = environment.shortJob(writes ? "generating" : "classifying")
                    let answer =
                        writes
                        ? try object.student.generate([text], options: options, job: job).first?.text
                        : try object.student.classify([text], options: options, job: job).first?.label
                    let milliseconds = (clock.now - start).seconds * 1000
                    call.state.remark = milliseconds.fixed(milliseconds < 10 ? 1 : 0) + " ms"
                    return [LuaValue(answer)]
                }),
            toString: { "student (\($0.student.architecture))" },
            preview: { object, _ in
                TextCard.text("student \(object.student.architecture)", object.student.card)
            }, byteCount: \.byteCount)
    }

    private static var close: LuaFunction {
        LuaFunction.closing(
            "student", remedy: "load it again",
            setUp: Scripting.exampleStudent,
            example: "t5:close()\nassert(tostring(t5) == \"student (closed)\")")
    }

    /// The bytes of its weights; a guess for a student without any.
    private var byteCount: Int {
        guard let weights = try? (student as? any WeightedStudent)?.weights() else { return 1 << 20 }
        return weights.reduce(0) { sum, weight in
            let elements = weight.tensor.shape.reduce(1) {
                $0.multipliedReportingOverflow(by: $1).partialValue
            }
            let size = weight.tensor.elementType == "int8" ? 1 : 4
            return sum.addingReportingOverflow(elements.multipliedReportingOverflow(by: size).partialValue)
                .partialValue
        }
    }

    private static func train(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "train", summary: "Trains on the rows of a dataset, starting from its current weights.",
            parameters: [
                LuaParameter("data", .object("dataset"), "the training pairs"),
                LuaParameter(
                    "options",
                    .options([
                        .column("input", required: true, "the column it reads"),
                        .column("target", required: true, "the column it should write"),
                        .object("valid", "dataset", "held-out pairs, on which eval_loss is measured"),
                        .string("name", "what the run is called in runs.list; else architecture and data"),
                    ]), "also the architecture's own: see help \"t5\""),
            ],
            returns: "a run: steps, seconds, the loss curve",
            errors: [
                "an option that the architecture does not have", "an empty dataset or a missing column",
                "interrupted: the weights of the last whole step are kept",
            ],
            setUp: Scripting.exampleStudent,
            example: "assert(run.steps == 2)",
            furtherOptions: { ($0.receiver as? StudentObject)?.architecture.trainingOptions ?? [] },
            optionNames: ["output_dir": .files],
            body: { call in
                let object = try call.receiver(StudentObject.self)
                let data = try call.object(1, DatasetObject.self).dataset
                let options = try call.options(
                    2, adding: environment.session.trainingOptions(of: object.opened))
                let plan = TrainingPlan(
                    data, input: try options.values.string("input"),
                    target: try options.values.string("target"),
                    validation: try options.object("valid", DatasetObject.self)?.dataset,
                    options: options.values, name: options.values.optionalString("name"))
                func run(_ result: TrainingResult) -> LuaValue {
                    .object(OpenRun(result, of: object.student, in: environment.session))
                }
                let result = try environment.session.train(object.opened, plan) { stopped in
                    call.state.leftOver = run(stopped)
                }
                return [run(result)]
            })
    }

    /// Writes its folder; without a precision, the weights are kept as they are.
    private func save(to folder: String, precision: String?) throws {
        guard let precision else { return try student.save(to: folder) }
        if let student = student as? any PrecisionSavingStudent {
            return try student.save(to: folder, precision: precision)
        }
        guard precision == "fp32" else {
            throw LyceumError.unsupported(
                "a \(student.architecture) student cannot be kept in precision = '\(precision)'",
                remedy: "leave precision out")
        }
        try student.save(to: folder)
    }

    private static func save(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "save",
            summary: "Writes the student to a folder, which is replaced as a whole or not at all.",
            parameters: [
                LuaParameter("folder", .string, "its path", names: .files),
                LuaParameter(
                    "options",
                    .options([
                        .string(
                            StudentTemplate.option,
                            "the prompt template that its inputs were made with: lyceum serve puts each request's text "
                                + "into it; a student that was loaded keeps its own"),
                        .choice(
                            "precision", ["fp32", "int8"], default: nil,
                            "the weights' number format; \"int8\", for students that write texts, takes a quarter of the disk "
                                + "and of the memory, and such a folder cannot be trained; else as they are"),
                    ]), "what goes along", optional: true),
            ],
            returns: "the student itself",
            errors: [
                "the folder cannot be written", "the template cannot be read, or takes no variable",
                "a precision that the student cannot be kept in",
            ],
            setUp: Scripting.exampleStudent,
            example:
                "local folder = os.tmpname() .. \"-t5\"\nt5:save(folder, { template = \"Summarise: {{ article }}\" })\nassert(#student.load(folder):generate({ \"A cat.\" }) == 1)",
            body: { call in
                let object = try call.receiver(StudentObject.self)
                let folder = try call.string(1)
                let options = try call.options(2).values
                let given = options.optionalString(StudentTemplate.option)
                let precision = options.optionalString("precision")
                let template = try given.map { try StudentTemplate($0) } ?? object.opened.template
                try Ranks.onMain("student:save") {
                    if template != nil { try Files.checkFolder(folder, canTake: [StudentTemplate.file]) }
                    try object.save(to: folder, precision: precision)
                    try template?.write(to: folder)
                }
                object.opened.template = template
                environment.shortJob("saving").note("\(object.student.architecture) student → \(folder)")
                call.state.quietValue = object
                return [.object(object)]
            })
    }
}
