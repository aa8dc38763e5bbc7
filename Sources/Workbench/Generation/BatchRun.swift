import Lab
import LyceumKit
import Teaching

/// One call's use of a server's Batch API: submits what nobody has submitted before, and fetches what is done.
///
/// The lab knows of a batch before the server does, so what was submitted is found again whenever and wherever the
/// process ended.
final class BatchRun {
    /// A batch that the server has.
    private struct Running {
        let record: BatchRecord
        let name: String
        /// The questions of this call that it holds.
        let keys: Set<ReplyKey>
        var state: BatchState?
    }

    let generation: GenerationRun
    let batches: OpenAIBatches
    let store: LabStore
    let log: GenerationLog
    let job: Job
    /// The places of the questions in `generation.answers`, by what they are kept under.
    private let asked: [ReplyKey: Int]
    private let order: [ReplyKey]
    private var running: [Running] = []
    private var replies = 0
    private var failures: [String] = []
    private var cost: Double? = 0

    init(
        _ asked: [Int], of generation: GenerationRun, batches: OpenAIBatches, store: LabStore,
        log: GenerationLog, job: Job
    ) {
        let keyed = asked.compactMap { place in generation.answers[place].sent.map { ($0.key, place) } }
        order = keyed.map(\.0)
        self.asked = Dictionary(keyed) { first, _ in first }
        self.generation = generation
        self.batches = batches
        self.store = store
        self.log = log
        self.job = job
    }

    /// Whether no batch is left on its way.
    var isDone: Bool { running.isEmpty }

    /// What is on its way, in words; empty if nothing is.
    var standing: String {
        if running.isEmpty { return "" }
        let total = running.reduce(0) { $0 + $1.record.requests }
        let done = running.reduce(0) { $0 + ($1.state.map { $0.completed + $0.failed } ?? 0) }
        let names = running.map(\.name).joined(separator: ", ")
        return
            "\(done) of \(total) done in \(names), which go\(running.count == 1 ? "es" : "") on at the server; "
            + "the same call fetches the replies, in a later session too"
    }

    /// What came in this call, in words; empty if there was nothing to fetch.
    var summary: String {
        var parts: [String] = []
        if replies > 0 {
            parts.append("\(replies) replies")
            parts.append(cost.map { "\(RunText.money($0)) USD" } ?? "price not known")
        }
        if let first = failures.first {
            parts.append("\(failures.count) failed (the first: \(first)); see .failed")
        }
        if !running.isEmpty { parts.append(standing) }
        return parts.joined(separator: ", ")
    }

    // MARK: submitting

    /// Submits the questions that are in no batch yet.
    func submit() throws {
        var unheld = Set(order)
        var halfway: [(record: BatchRecord, keys: Set<ReplyKey>)] = []
        for (record, keys) in try store.openBatches(holding: order) {
            if record.isInOtherHands { throw Self.inOtherHands }
            if let name = record.name {
                running.append(Running(record: record, name: name, keys: keys, state: nil))
                unheld.subtract(keys)
            } else {
                halfway.append((record, keys))
            }
        }
        for (record, keys) in halfway where try goOn(with: record, keys) { unheld.subtract(keys) }
        var sent: [SentRequest] = []
        var named: [OpenAIBatches.Question] = []
        for key in order where unheld.contains(key) {
            guard let state = asked[key].map({ generation.answers[$0] }), let request = state.request,
                let own = state.sent
            else { continue }
            sent.append(own)
            named.append((name: key.digest, request: request))
        }
        let parts = try batches.parts(of: named)
        try batches.checkBudget(parts.flatMap(\.bytes))
        for part in parts {
            let mark = String(UInt64.random(in: .min ... .max), radix: 16)
            let record = try store.openBatch(
                Array(sent[part.questions]), mark: mark, server: sent[part.questions.lowerBound].server)
            let file = try upload(named[part.questions], of: record)
            let keys = Set(sent[part.questions].map(\.key))
            try start(record, file: file, keys: keys, bytes: part.bytes)
        }
    }

    private func upload(_ questions: ArraySlice<OpenAIBatches.Question>, of record: BatchRecord) throws
        -> String
    {
        job.note("\(job.title): submitting \(questions.count) questions")
        do {
            let file = try batches.upload(questions, mark: record.mark)
            try store.setFile(file, ofBatch: record.id)
            return file
        } catch {
            // A file alone starts nothing.
            try store.endBatch(record.id, state: "not started")
            throw error
        }
    }

    private func start(_ record: BatchRecord, file: String, keys: Set<ReplyKey>, bytes: [Int]) throws {
        try store.setCreating(ofBatch: record.id)
        do {
            let name = try batches.start(file: file, mark: record.mark, mayExist: record.mayExist)
            try store.setName(name, ofBatch: record.id)
            batches.count(mark: record.mark, bytes: bytes)
            running.append(Running(record: record, name: name, keys: keys, state: nil))
            job.note("\(job.title): \(record.requests) questions are in \(name)")
        } catch let refusal as BatchRefusal {
            try store.endBatch(record.id, state: "not started")
            throw refusal.reason
        }
    }

    /// Goes on with a batch whose process ended while it submitted it.
    ///
    /// - Returns: whether the server has it now; else its questions are submitted again.
    private func goOn(with record: BatchRecord, _ keys: Set<ReplyKey>) throws -> Bool {
        guard try store.takeOverBatch(record.id) else { throw Self.inOtherHands }
        guard let file = record.file else {
            try store.endBatch(record.id, state: "not started")
            return false
        }
        let bytes = try store.requests(ofBatch: record.id).values.map(\.messageBytes)
        // One that may have begun is paid for already.
        if !record.mayExist { try batches.checkBudget(bytes) }
        do {
            try start(record, file: file, keys: keys, bytes: bytes)
            return true
        } catch {
            // What was refused now (the file is gone, say) has ended.
            if try store.openBatches(holding: keys).contains(where: { $0.batch.id == record.id }) {
                throw error
            }
            return false
        }
    }

    private static var inOtherHands: LyceumError {
        .failed(
            "another lyceum is submitting these questions right now",
            remedy: "repeat the call when it has: it fetches the replies")
    }

    // MARK: fetching

    /// Fetches the batches that are done.
    ///
    /// - Parameter waits: whether to wait for the others.
    func collect(waits: Bool) throws {
        // From soon to every half minute: small batches are done in minutes, large ones in hours.
        var pause = 0.2
        while !running.isEmpty {
            for index in running.indices.reversed() {
                let state = try batches.state(of: running[index].name)
                running[index].state = state
                if let state {
                    guard state.hasEnded else { continue }
                    try fetch(running[index], state)
                } else {
                    try lose(running[index])
                }
                running.remove(at: index)
            }
            showProgress()
            if running.isEmpty { return }
            guard waits else { return markWaiting() }
            try batches.pause(pause)
            pause = min(pause * 1.5, 30)
        }
    }

    private func showProgress() {
        let states = running.compactMap(\.state)
        let done = replies + failures.count + states.reduce(0) { $0 + $1.completed + $1.failed }
        let failed = failures.count + states.reduce(0) { $0 + $1.failed }
        var figures = running.first?.state.map { [(name: "state", value: $0.status)] } ?? []
        if failed > 0 { figures.append(("failed", String(failed))) }
        if running.isEmpty {
            job.finish(done: done, of: max(done, order.count), unit: "replies", figures: figures)
        } else {
            job.update(done: done, of: max(done, order.count), unit: "replies", figures: figures)
        }
    }

    private func markWaiting() {
        for batch in running {
            for place in batch.keys.compactMap({ asked[$0] }) {
                generation.answers[place].problem =
                    "on its way in \(batch.name); the same call fetches the reply when it is there"
            }
        }
    }

    /// Gives up a batch that the server does not know.
    private func lose(_ batch: Running) throws {
        guard batch.record.isOld else {
            throw LyceumError.failed(
                "\(batch.record.server) does not know \(batch.name), which was submitted there",
                remedy: "ask with a key of the same project")
        }
        try end(batch, state: "lost", reason: "\(batch.name) is older than the server keeps batches")
    }

    private func fetch(_ batch: Running, _ state: BatchState) throws {
        let requests = try store.requests(ofBatch: batch.record.id)
        var reasons: [ReplyKey: String] = [:]
        do {
            try batches.results(of: state) { answers in
                try keep(answers, of: batch, requests, &reasons)
            }
        } catch let error where batch.record.isOld {
            if case LyceumError.cancelled = error { throw error }
            return try end(batch, state: "lost", reason: "\(error)")
        }
        let problem = state.problem.map { ": \($0)" } ?? ""
        try end(
            batch, state: state.status, reasons,
            reason: "\(batch.name) is \(state.status) and brought no reply to this\(problem)")
    }

    private func keep(
        _ answers: [OpenAIBatches.Answer], of batch: Running, _ requests: [String: SentRequest],
        _ reasons: inout [ReplyKey: String]
    ) throws {
        var new: [(request: SentRequest, reply: StoredReply)] = []
        var defects: [ReplyKey: String] = [:]
        for answer in answers {
            guard let request = requests[answer.name] else { continue }
            let key = request.key
            switch answer.result {
            case .success(let reply):
                let reply = reply.estimated(asking: request.messages)
                new.append((request, StoredReply(reply, cost: batches.cost(of: reply))))
            case .failure(let error as UnusableReply):
                defects[key] = "\(error)"
                let reply = error.reply.estimated(asking: request.messages)
                new.append((request, StoredReply(reply, cost: batches.cost(of: reply))))
            case .failure(let error): reasons[key] = "\(error)"
            }
        }
        let stored = try store.keep(new, ofBatch: batch.record.id)
        var rows: [GenerationRow] = []
        for (request, reply) in new {
            let key = request.key
            guard let id = stored[key] else { continue }
            batches.count(reply.reply)
            replies += 1
            cost = cost.flatMap { sum in reply.cost.map { sum + $0 } }
            guard let place = asked[key] else { continue }
            generation.answers[place].reply = StoredReply(
                reply.reply, cost: reply.cost, id: id, created: reply.created)
            generation.answers[place].problem = defects[key]
            if let defect = defects[key] { failures.append(defect) }
            rows.append(generation.row(of: place, .stored(id), defect: defects[key]))
        }
        _ = log.keep(rows)
    }

    /// Ends a batch; questions of this call that got nothing failed.
    ///
    /// - Parameters:
    ///   - reasons: why, for those of which the server said it.
    ///   - reason: why the others did.
    private func end(
        _ batch: Running, state: String, _ reasons: [ReplyKey: String] = [:], reason: String
    ) throws {
        // Those that another process has fetched meanwhile have a reply.
        let left = Set(try store.requests(ofBatch: batch.record.id).keys)
        var rows: [GenerationRow] = []
        for key in order where batch.keys.contains(key) && left.contains(key.digest) {
            guard let place = asked[key] else { continue }
            let reason = reasons[key] ?? reason
            failures.append(reason)
            generation.answers[place].problem = reason
            rows.append(generation.row(of: place, .failed(reason)))
        }
        _ = log.keep(rows)
        try store.endBatch(batch.record.id, state: state)
        batches.settle(mark: batch.record.mark)
    }
}

extension BatchRecord {
    /// Whether servers have forgotten it: OpenAI keeps the files of a batch for 30 days.
    fileprivate var isOld: Bool { Timestamp.now.milliseconds - created.milliseconds > 30 * 86_400_000 }
}
