import Corpus
import Evaluation
import LuaBridge
import LyceumKit
import Prompting
import Workbench

extension Scripting {
    private static let judgeOptions: [OptionDeclaration] =
        [
            .object("teacher", "teacher", required: true, "who judges"),
            .column("input", "the column of the task; else all columns that are not answers"),
            .column("prediction", default: "prediction", "the column of answers"),
            .column("reference", "the column of good answers by people, which the judge then sees"),
            .string("criterion", "what makes an answer good, in words"),
            .object(
                "prompt", "prompt",
                "what the judge is asked, in place of ours; with {{ task }}, {{ answer_1 }} and {{ answer_2 }}, or {{ answer }}"
            ),
            .number("lowest", default: 1, "the lowest grade, for one system"),
            .number("highest", default: 10, "the highest grade, for one system"),
            .list("names", of: .string, "what the systems are called, for two"),
            .list(
                "tasks", of: .string,
                "what was asked for, one for each text, where answers are lists of texts"),
            .object("labels", "dataset", "what people said: what vote() returned, for two"),
        ] + bootstrapOptions + [runOption]

    /// `metrics.judge`
    static func judge(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "judge",
            summary:
                "A teacher judges: one system's answers get grades, two systems' are compared in both orders, where a verdict "
                + "that depends on the order is a tie.",
            parameters: [
                LuaParameter(
                    "answers", .either([.object("dataset"), .list("texts, or two systems' answers")]),
                    "a dataset or a list of texts; to compare two systems a list of two of them: { a, b }"),
                LuaParameter(
                    "options", .either([.options(judgeOptions), .object("dataset")]),
                    "how; or, instead of the list, the second system's dataset"),
                LuaParameter("more", .options(judgeOptions), "the options then", optional: true),
            ],
            returns:
                "of one system a score with a figure judge, compared like every other; of two win_rate { value, ci }, p, wins, "
                + "losses, ties, position_consistency, length_controlled, values (1, 0.5, 0), with labels kappa and agreement, "
                + "and a warning if the judge wrote the answers",
            errors: ["rows that do not match", "a prompt without the answers", "no teacher"],
            example:
                "local a = data.from { { task = \"Say hi\", prediction = \"hi\" } }\n"
                + "local b = data.from { { task = \"Say hi\", prediction = \"good morning to you\" } }\n"
                + "local tie = teacher.open { \"retrieval\", corpus = data.from { { verdict = \"tie\", task = \"Say hi\" } },\n"
                + "  input = \"verdict\", target = \"task\" }\n"
                + "print(metrics.judge({ a, b }, { teacher = tie, input = \"task\" }).win_rate.value)",
            body: { call in
                let given = try systems(call)
                let options = try call.options(given.options, declared: judgeOptions)
                let answers = try given.systems.map { try self.answers(of: $0, options.values, call) }
                let (first, second) = (answers[0], answers.dropFirst().first)
                // The tasks of texts are a column of the dataset that was made of them.
                let input =
                    options.values.optionalString("input")
                    ?? (options.values.optionalStrings("tasks") == nil ? nil : taskColumn)
                guard let teacher = try options.object("teacher", TeacherObject.self)?.opened else {
                    throw LyceumError.badOption(
                        function: call.name, option: "teacher", expected: "a teacher",
                        got: "nothing (it is required)")
                }
                let judge = try Judge(
                    teacher, prompt: try options.object("prompt", PromptObject.self)?.prompt,
                    criterion: options.values.optionalString("criterion"), isPairwise: second != nil,
                    usesReference: options.values.optionalString("reference") != nil,
                    scale: try scale(options.values))
                let report =
                    try second.map { try compared(first, $0, judge, options, input, environment) }
                    ?? graded(first, judge, options.values, input, environment)
                return [.object(report)]
            })
    }

    private static let taskColumn = "task"

    /// The one or two systems whose answers a call begins with, and where its options stand: (a), ({ a, b }), or (a, b).
    static func systems(_ call: LuaCall) throws -> (systems: [LuaValue], options: Int) {
        guard call.value(1).table != nil else {
            let second = call.value(2)
            return second.object is DatasetObject ? ([call.value(1), second], 3) : ([call.value(1)], 2)
        }
        let elements = try call.elements(1)
        if let first = elements.first, first.string != nil { return ([call.value(1)], 2) }
        guard (1...2).contains(elements.count) else {
            throw LyceumError.invalid(
                call.place(1), expected: "the answers of one system or two",
                got: "a list of \(elements.count)",
                remedy: "compare two at a time: { a, b }")
        }
        return (elements, 2)
    }

    /// The answers of a system: a dataset as it is, or one made of a list of texts and the tasks among the options.
    private static func answers(of system: LuaValue, _ options: Options, _ call: LuaCall) throws -> Dataset {
        if let object = system.object as? DatasetObject { return object.dataset }
        guard let table = system.table else {
            throw LyceumError.invalid(
                call.place(1), expected: "a dataset, a list of texts, or two of them in a list",
                got: call.state.typeName(system), remedy: nil)
        }
        let texts = try call.strings(of: table, call.place(1))
        guard let tasks = options.optionalStrings("tasks"), tasks.count == texts.count else {
            throw LyceumError.badOption(
                function: call.name, option: "tasks",
                expected: "what was asked for, one for each of the \(texts.count) texts",
                got: options.optionalStrings("tasks").map { "\($0.count)" } ?? "nothing")
        }
        let column = try options.string("prediction")
        guard column != taskColumn else {
            throw LyceumError.badOption(
                function: call.name, option: "prediction", expected: "a column of a dataset",
                got: "lists of texts")
        }
        return Dataset(
            records: zip(tasks, texts).map { [taskColumn: .string($0), column: .string($1)] },
            columns: [taskColumn, column])
    }

    private static func scale(_ options: Options) throws -> ClosedRange<Double> {
        let (low, high) = (try options.double("lowest"), try options.double("highest"))
        guard low.isFinite, high.isFinite, low < high else {
            throw LyceumError.badOption(
                function: options.function, option: "highest", expected: "more than lowest", got: "\(high)")
        }
        return low...high
    }

    // MARK: one system

    private static func graded(
        _ data: Dataset, _ judge: Judge, _ options: Options, _ input: String?,
        _ environment: ScriptEnvironment
    ) throws -> ScoreObject {
        let column = try options.string("prediction")
        try data.requireRows("judge")
        let answers = try data.strings(column)
        let tasks = try tasks(data, input, without: [column])
        let references = try options.optionalString("reference").map { try data.stringLists($0) }
        if let writer = judge.wrote(data, column: column, in: environment.session) {
            environment.shortJob("judging").note(warning(writer))
        }
        let metric = Metric(id: "judge", summary: "grades by a teacher") { input in
            let grades = try judge.grades(
                of: input.predictions.indices.map {
                    Judge.Item(
                        task: tasks[$0], answers: [input.predictions[$0]],
                        reference: references?[$0].joined(separator: "\n"))
                }, in: environment.session)
            let unread = grades.count { $0 == nil }
            if unread == grades.count {
                throw LyceumError.failed(
                    "metrics.judge: none of the \(unread) grades can be read",
                    remedy:
                        "the judge must reply with a number from \(judge.scale.lowerBound) to \(judge.scale.upperBound)"
                )
            }
            if unread > 0 {
                environment.shortJob("judging").note(
                    "judging: \(unread) of \(grades.count) grades could not be read and count as the lowest")
            }
            return MetricResult(
                figures: [MetricFigure("judge", title: "grade", grades.map { $0 ?? judge.scale.lowerBound })],
                signature: judge.signature("grades"))
        }
        return ScoreObject(
            try environment.session.score(
                ScoredTexts(predictions: answers, references: references ?? tasks.map { [$0] }), by: metric,
                resampling: try resampling(options),
                origin: ScoreOrigin(data: data, column: column, run: options.optionalInt("run"))))
    }

    // MARK: two systems

    private static func compared(
        _ first: Dataset, _ second: Dataset, _ judge: Judge, _ options: LuaOptions, _ input: String?,
        _ environment: ScriptEnvironment
    ) throws -> ScoreObject {
        let values = options.values
        let column = try values.string("prediction")
        let pairs = try answerPairs(first, second, values, input)
        let references = try values.optionalString("reference").map { try first.stringLists($0) }
        let verdicts = try judge.verdicts(
            of: pairs.indices.map { place in
                Judge.Item(
                    task: pairs[place].task, answers: pairs[place].answers,
                    reference: references?[place].joined(separator: "\n"))
            }, in: environment.session)
        let writer =
            judge.wrote(first, column: column, in: environment.session)
            ?? judge.wrote(second, column: column, in: environment.session)
        if let writer { environment.shortJob("judging").note(warning(writer)) }
        let labels =
            try options.object("labels", DatasetObject.self).map { try self.labels($0.dataset, pairs) } ?? []
        let report = try PairwiseReport(
            verdicts, texts: pairs.map { ($0.answers[0], $0.answers[1]) },
            names: (pairs[0].systems[0], pairs[0].systems[1]), labels: labels,
            signature: judge.signature("both orders"),
            warning: writer.map(warning), resampling: try resampling(values), job: environment.job("judging"))
        if let run = values.optionalInt("run") ?? first.run(ofColumn: column) {
            try environment.session.record(
                report.evaluation(
                    name: "judge",
                    data: Dataset.fingerprint(ofTexts: pairs.map { $0.task + "\n" + $0.answers[1] }),
                    signature: judge.signature("both orders")), pairs: [], run: run,
                isAsked: values.isGiven("run"))
        }
        return ScoreObject(report)
    }

    private static func warning(_ writer: String) -> String {
        "the judge, \(writer), also wrote answers that it judges: models prefer their own; take another judge"
    }

    /// Verdicts of people on the same texts, whichever stood first.
    private static func labels(_ votes: Dataset, _ pairs: [Ballot.Pair]) throws -> [PairVerdict.Choice?] {
        for column in ["task", "first", "second", "first_system", "second_system", "verdict"]
        where !votes.columns.contains(column) {
            throw LyceumError.missingColumn(column, available: votes.columns)
        }
        var known: [String: (first: String, choice: PairVerdict.Choice)] = [:]
        for row in 0..<votes.count {
            let record = try votes.record(at: row)
            let fields = Dictionary(
                zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
            guard let verdict = fields["verdict"]?.string, let task = fields["task"]?.string,
                let first = fields["first"]?.string, let second = fields["second"]?.string
            else { continue }
            let pair = Ballot.Pair(task: task, first: ("", first), second: ("", second))
            let choice: PairVerdict.Choice =
                verdict == "tie" ? .tie : verdict == fields["first_system"]?.string ? .first : .second
            known[pair.key] = (first, choice)
        }
        return pairs.map { pair in
            known[pair.key].map { label in
                label.first == pair.answers[0]
                    ? label.choice
                    : label.choice == .first
                        ? .second : label.choice == .second ? .first : .tie
            }
        }
    }

    // MARK: pairs

    /// The answers of two systems to the same rows.
    static func answerPairs(
        _ first: Dataset, _ second: Dataset, _ options: Options, _ input: String?
    ) throws -> [Ballot.Pair] {
        let column = try options.string("prediction")
        let (a, b) = (try first.strings(column), try second.strings(column))
        try first.requireRows("compare")
        guard a.count == b.count else {
            throw LyceumError.invalid(
                options.function, expected: "the same rows of both", got: "\(a.count) and \(b.count) rows",
                remedy: nil)
        }
        let own = try tasks(first, input, without: [column])
        if let input {
            let other = try tasks(second, input, without: [column])
            if let row = own.indices.first(where: { own[$0] != other[$0] }) {
                throw LyceumError.invalid(
                    options.function, expected: "the same rows of both, in one order",
                    got: "other texts in '\(input)' of row \(row + 1)", remedy: nil)
            }
        }
        let names = options.optionalStrings("names") ?? ["A", "B"]
        guard names.count == 2, names[0] != names[1] else {
            throw LyceumError.badOption(
                function: options.function, option: "names", expected: "two different names", got: "\(names)")
        }
        return own.indices.map {
            Ballot.Pair(task: own[$0], first: (names[0], a[$0]), second: (names[1], b[$0]))
        }
    }

    /// What was asked for in each row: a column, or all of the row.
    private static func tasks(_ data: Dataset, _ input: String?, without others: Set<String>) throws
        -> [String]
    {
        if let input { return try data.strings(input) }
        return try (0..<data.count).map { row in
            let record = try data.record(at: row)
            return zip(record.columns, record.values).filter { !others.contains($0.0) && !$0.1.isNull }
                .map { "\($0): \($1.text)" }.joined(separator: "\n")
        }
    }

    /// The judge of a workshop: a grade for every answer.
    static func judgeMeasure(
        _ given: LuaValue, _ call: LuaCall, _ environment: ScriptEnvironment
    ) throws -> WorkshopMeasure? {
        if given.isNil { return nil }
        let declared: [OptionDeclaration] = [
            .object("teacher", "teacher", required: true, "who judges"),
            .string("input", "the column of the task"), .string("criterion", "what makes an answer good"),
            .object("prompt", "prompt", "what the judge is asked"),
            .number("lowest", default: 1, "the lowest grade"),
            .number("highest", default: 10, "the highest grade"),
        ]
        let options: LuaOptions
        let teacher: OpenTeacher?
        if let object = given.object as? TeacherObject {
            options = try LuaOptions(
                nil, declared: declared.filter { $0.name != "teacher" }, function: "\(call.name): judge",
                state: call.state)
            teacher = object.opened
        } else if let table = given.table {
            options = try LuaOptions(
                table, declared: declared, function: "\(call.name): judge", state: call.state)
            teacher = try options.object("teacher", TeacherObject.self)?.opened
        } else {
            throw LyceumError.badOption(
                function: call.name, option: "judge",
                expected: "a teacher, or { teacher = …, criterion = … }",
                got: call.state.typeName(given))
        }
        guard let teacher else { return nil }
        let judge = try Judge(
            teacher, prompt: try options.object("prompt", PromptObject.self)?.prompt,
            criterion: options.values.optionalString("criterion"), isPairwise: false,
            scale: try scale(options.values))
        let input = options.values.optionalString("input")
        func item(_ answer: WorkshopAnswer) throws -> Judge.Item {
            let fields = zip(answer.record.columns, answer.record.values)
            if let input {
                guard let value = fields.first(where: { $0.0 == input })?.1 else {
                    throw LyceumError.missingColumn(input, available: answer.record.columns)
                }
                return Judge.Item(task: value.text, answers: [answer.text])
            }
            return Judge.Item(
                task: fields.map { "\($0): \($1.text)" }.joined(separator: "\n"), answers: [answer.text])
        }
        return WorkshopMeasure(
            name: "judge", signature: judge.signature("grades"),
            judge: (teacher, { try judge.estimate(gradesOf: try $0.map(item), in: environment.session) })
        ) { answers, _ in
            let grades = try judge.grades(of: try answers.map(item), in: environment.session)
            return [MetricFigure("judge", title: "grade", grades.map { $0 ?? judge.scale.lowerBound })]
        }
    }
}
