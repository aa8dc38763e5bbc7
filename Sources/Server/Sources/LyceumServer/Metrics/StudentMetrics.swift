import CoreMetrics
import LyceumKit
import Synchronization

/// What is counted of one student, under the names that vLLM gave such figures, with `lyceum:` before them.
final class StudentMetrics: Sendable {
    let running: Recorder
    let waiting: Recorder
    let refused: Counter
    let cancelled: Counter
    let failed: Counter
    private let batch: Recorder
    private let promptTokens: Counter
    private let newTokens: Counter
    private let stopped: Counter
    private let cut: Counter
    private let queueTime: Timer
    private let firstToken: Timer
    private let latency: Timer
    private let step: Timer
    /// The mean time of a request, for how long to wait when the queue is full.
    private let mean = Mutex(1.0)

    init(model: String, factory: any MetricsFactory) {
        let labels = [("model_name", model)]
        func counter(_ name: String, _ more: [(String, String)] = []) -> Counter {
            Counter(label: "lyceum:" + name, dimensions: labels + more, factory: factory)
        }
        func gauge(_ name: String, aggregate: Bool = false) -> Recorder {
            Recorder(label: "lyceum:" + name, dimensions: labels, aggregate: aggregate, factory: factory)
        }
        func timer(_ name: String) -> Timer {
            Timer(
                label: "lyceum:" + name, dimensions: labels, preferredDisplayUnit: .seconds, factory: factory)
        }
        running = gauge("num_requests_running")
        waiting = gauge("num_requests_waiting")
        batch = gauge("batch_size", aggregate: true)
        promptTokens = counter("prompt_tokens_total")
        newTokens = counter("generation_tokens_total")
        stopped = counter("request_success_total", [("finished_reason", "stop")])
        cut = counter("request_success_total", [("finished_reason", "length")])
        refused = counter("request_refused_total")
        cancelled = counter("request_cancelled_total")
        failed = counter("request_failed_total")
        queueTime = timer("request_queue_time_seconds")
        firstToken = timer("time_to_first_token_seconds")
        latency = timer("e2e_request_latency_seconds")
        step = timer("step_time_seconds")
    }

    /// A step, or a batch, of so many requests.
    func stepped(_ requests: Int, in duration: Duration) {
        batch.record(requests)
        step.record(duration: duration)
    }

    /// A request has left the queue.
    func waited(_ ticket: Ticket) { queueTime.record(duration: ticket.arrival.duration(to: .now)) }

    /// The first text of a request has come.
    func firstToken(_ ticket: Ticket) { firstToken.record(duration: ticket.arrival.duration(to: .now)) }

    func finished(_ ticket: Ticket, _ answer: Ticket.Answer) {
        let duration = ticket.arrival.duration(to: .now)
        latency.record(duration: duration)
        promptTokens.increment(by: answer.sourceTokens)
        newTokens.increment(by: answer.newTokens)
        (answer.reason == .stop ? stopped : cut).increment()
        mean.withLock { $0 = 0.9 * $0 + 0.1 * duration.seconds }
    }

    /// In how many seconds a queue of that length may have become shorter.
    func secondsToServe(_ waiting: Int) -> Int {
        let seconds = mean.withLock { $0 }
        return max(1, min(60, Int((seconds * Double(min(waiting, 1000)) / 64).rounded(.up))))
    }
}
