import Corpus
import LuaBridge
import LyceumKit
import Workbench

// What generate and classify share: a dataset gives a dataset and a record in the lab, a list of texts a list of answers,
// a text the answer alone.
extension StudentObject {
    /// Answers some texts.
    typealias Work<Answer> = (_ texts: [String], _ options: Options, _ job: Job) throws -> [Answer]

    /// Lets the student work through what a call holds.
    ///
    /// - Parameters:
    ///   - title: of the job: "generating".
    ///   - verb: what cannot be done without rows: "classify".
    ///   - declared: the architecture's options for the task.
    ///   - shared: answers the texts of a dataset, by all ranks.
    ///   - alone: answers texts in this process.
    ///   - text: what the lab keeps of an answer.
    ///   - values: the answers to texts, as Lua gets them.
    ///   - columns: the dataset with the answers.
    func read<Answer>(
        _ call: LuaCall, _ environment: ScriptEnvironment, task: StudentTask, title: String, verb: String,
        options declared: [OptionDeclaration], shared: Work<Answer>, alone: Work<Answer>,
        text: (Answer) -> String, values: ([Answer], Options) throws -> [Value],
        columns: (Dataset, [Answer], Options, _ run: Int?) throws -> Dataset
    ) throws -> [LuaValue] {
        try require(task, in: environment)
        let options = try call.options(2, adding: declared).values
        let own = try options.only(declared)
        let title = "\(title) with \(student.architecture)"
        if let data = (call.value(1).object as? DatasetObject)?.dataset {
            try data.requireRows(verb)
            let texts = try data.strings(try options.string("input"))
            let (answers, run) = try environment.session.work(
                opened, task, title, over: data, options: options, name: options.optionalString("name")
            ) { job in
                try shared(texts, own, job)
            } predictions: {
                $0.map(text)
            }
            return [.object(DatasetObject(try columns(data, answers, options, run)))]
        }
        if let text = call.value(1).string {
            // One text needs no progress bar, yet Ctrl-C must stop it.
            let answers = try alone([text], own, environment.shortJob(title))
            return [try values(answers, options).first.map(LuaValue.data) ?? .nil]
        }
        guard call.value(1).table != nil else { throw call.mismatch(1, nil) }
        let answers = try alone(try call.strings(1), own, environment.job(title))
        return [.data(.list(try values(answers, options)))]
    }
}
