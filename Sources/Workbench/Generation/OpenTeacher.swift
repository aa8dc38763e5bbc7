import LyceumKit
import Synchronization
import Teaching

/// A teacher that was opened in this process.
///
/// Used from one thread, as the teacher itself.
public final class OpenTeacher {
    /// Who answers.
    public let teacher: any Teacher
    /// The options that it was opened with, secrets left out, for the record of its runs.
    public let options: [String: Value]
    /// The builds of the plugin that brought it: what another build answered is another answer.
    private let builds: [String: Value]
    /// No other teacher of this process has it.
    let number: Int
    /// The record of the single questions that it was asked.
    var questions: QuestionLog?

    private static let opened = Atomic(0)

    /// Takes a teacher.
    ///
    /// - Parameters:
    ///   - options: those that the user gave.
    ///   - builds: the builds of the plugin that brought it, by name; none for Lyceum's own.
    public init(_ teacher: any Teacher, options: Options? = nil, builds: [String: String] = [:]) {
        self.teacher = teacher
        self.builds = builds.mapValues(Value.string)
        var given = options.map { options in options.values.filter { options.isGiven($0.key) } } ?? [:]
        if let address = given["base_url"]?.string {
            given["base_url"] = .string(SentRequest(server: address, model: "", messages: []).server)
        }
        // A request keeps no secrets either.
        self.options = SentRequest(model: "", messages: [], parameters: given).parameters
        number = Self.opened.add(1, ordering: .relaxed).newValue
    }

    /// The same teacher with other parameters for one call; what it uses counts as this one's.
    ///
    /// - Parameter options: checked against `callOptions`; without any this teacher itself is given back.
    public func adjusted(_ options: Options) throws -> OpenTeacher {
        guard !options.given.isEmpty, let teacher = teacher as? any AdjustableTeacher else { return self }
        return OpenTeacher(adjusting: self, by: try teacher.adjusted(options), options)
    }

    private init(adjusting other: OpenTeacher, by teacher: any Teacher, _ options: Options) {
        self.teacher = teacher
        builds = other.builds
        let given = options.values.filter { options.isGiven($0.key) }
        self.options = other.options.merging(given) { _, new in new }
        number = Self.opened.add(1, ordering: .relaxed).newValue
    }

    /// The options that one call may set.
    public var callOptions: [OptionDeclaration] {
        (teacher as? any AdjustableTeacher)?.callOptions ?? []
    }

    /// What it has used since it was opened; nothing for a teacher that does not count.
    public var usage: TeacherUsage { (teacher as? any MeteredTeacher)?.usage ?? TeacherUsage(cost: 0) }

    /// What is sent for a question, or, for a teacher that does not say, what is asked.
    func described(_ request: TeacherRequest) -> (sent: SentRequest, name: ReplyCache.Name) {
        if let sent = teacher.sent(request) {
            let own = sent.of(kind: teacher.kind, sample: request.sample, adding: builds)
            return (own, .sent(own.key))
        }
        let asked = SentRequest(
            kind: teacher.kind, model: teacher.name, messages: request.messages, sample: request.sample)
        return (asked, .asked(number, request))
    }

    /// The options in force for a question: the teacher's, and what is sent with it.
    func options(of sent: SentRequest?) -> [String: Value] {
        let parameters = (sent?.parameters ?? [:]).filter { builds[$0.key] == nil }
        return options.merging(parameters) { _, own in own }
    }

    /// What a reply cost, in USD; nil if that is not known.
    func cost(of reply: TeacherReply) -> Double? {
        teacher is any EmbeddedTeacher ? 0 : (teacher as? any MeteredTeacher)?.cost(of: reply)
    }
}
