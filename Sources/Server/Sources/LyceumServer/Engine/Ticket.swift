import LyceumKit
import Synchronization

/// One input on its way through a student.
final class Ticket: Sendable {
    /// What is to be done.
    struct Work: Sendable {
        let task: StudentTask
        /// The input, template and all.
        let text: String
        /// Checked against the architecture's options of the task.
        let options: Options
        /// Whether an input beyond the student's length is cut, as in training; otherwise it is an error.
        let truncates: Bool
        /// Whether somebody reads the text as it grows. Otherwise nobody is woken before the end.
        var isStreamed = false
    }

    /// What became of it.
    struct Answer: Sendable {
        let texts: [String]
        /// Of a classification.
        let classification: Classification?
        let reason: DecodingEvent.FinishReason
        let sourceTokens: Int
        let newTokens: Int
    }

    enum Update: Sendable {
        /// More text, which stays.
        case text(String)
        case finished(Answer)
        case failed(APIError)
    }

    let work: Work
    /// Who waits in the same line.
    let client: String
    let arrival = ContinuousClock.now
    let deadline: ContinuousClock.Instant
    /// What happens, ended by `finished` or `failed`. Read once.
    let updates: AsyncStream<Update>
    private let sink: AsyncStream<Update>.Continuation
    private let isGone = Atomic<Bool>(false)
    private let onCancel: @Sendable () -> Void

    init(_ work: Work, client: String, timeout: Double, onCancel: @escaping @Sendable () -> Void) {
        self.work = work
        self.client = client
        deadline = arrival + .seconds(timeout)
        self.onCancel = onCancel
        (updates, sink) = AsyncStream.makeStream()
    }

    /// Nobody waits for it any more.
    func cancel() {
        if isGone.exchange(true, ordering: .relaxed) { return }
        sink.yield(.failed(.gone))
        sink.finish()
        onCancel()
    }

    var isCancelled: Bool { isGone.load(ordering: .relaxed) }

    func send(_ text: String) { sink.yield(.text(text)) }

    func finish(_ answer: Answer) {
        sink.yield(.finished(answer))
        sink.finish()
    }

    func fail(_ error: APIError) {
        sink.yield(.failed(error))
        sink.finish()
    }
}
