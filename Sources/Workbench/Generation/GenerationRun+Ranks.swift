import Glibc
import Lab
import LyceumKit
import Synchronization
import Teaching

// A generation by several ranks: rank 0 has the lab, looks up what was paid for and keeps what comes; every rank asks
// its share and sends each reply to rank 0 as it arrives; at the end all ranks have all answers.
extension GenerationRun {
    func ask(with group: any RankGroup, _ log: GenerationLog, _ job: Job) throws -> GenerationResult {
        try group.meet("teacher:generate")
        let (rank, count) = (group.place.rank, group.place.count)
        let asked = try agree(group) { try toAsk(log, job) }
        let own = stride(from: rank, to: asked.count, by: count).map { asked[$0] }
        let channel = try ReplyChannel(group)
        let requests = own.compactMap { answers[$0].request }
        let result = TeacherRun.run(requests, teacher: teacher.teacher, job: job) { replies in
            if rank == 0 {
                keep(replies, to: own, log)
                try receive(channel, asked, log)
            } else {
                try channel.send(
                    replies.filter { own.indices.contains($0.index) }.map { place, result in
                        ReplyChannel.message(asked.firstIndex(of: own[place]) ?? 0, result)
                    })
            }
        }
        try channel.end()
        if rank == 0 { try receiveRest(channel, asked, log) }
        let stopped = try group.gather(Array((result.stopped.map { "\($0)" } ?? "").utf8))
        if rank == 0 { shareReplies(log) }
        try share(group)
        if let error = result.stopped {
            throw ended(error, asked: asked.count, replies: answeredCount(asked), log, job)
        }
        if let place = stopped.firstIndex(where: { !$0.isEmpty }) {
            let text = String(decoding: stopped[place], as: UTF8.self)
            throw ended(
                LyceumError.failed("rank \(place): \(text)", remedy: nil), asked: asked.count,
                replies: answeredCount(asked), log, job)
        }
        let summary = Self.summary(result)
        if !summary.isEmpty { job.note("\(job.title): \(summary)" + (count > 1 ? " (rank 0's share)" : "")) }
        return try close(log, isDone: true, job)
    }

    private func answeredCount(_ asked: [Int]) -> Int { asked.count { answers[$0].reply != nil } }

    /// What rank 0 finds is left to ask, on every rank.
    private func agree(_ group: any RankGroup, _ find: () throws -> [Int]) throws -> [Int] {
        let found = try Ranks.onMain { try find() } ?? []
        let text = try group.broadcast(
            group.place.rank == 0 ? Array(JSON.encode(.list(found.map(Value.integer))).utf8) : [], from: 0)
        return (try JSON.decode(text, name: "rank 0's questions").list ?? []).compactMap(\.integer)
            .filter(answers.indices.contains)
    }

    /// Keeps what has come from other ranks.
    private func receive(_ channel: ReplyChannel, _ asked: [Int], _ log: GenerationLog) throws {
        let messages = try channel.receive()
        if !messages.isEmpty { keep(messages, to: asked, log) }
    }

    /// Waits for the other ranks' replies.
    private func receiveRest(_ channel: ReplyChannel, _ asked: [Int], _ log: GenerationLog) throws {
        while true {
            let isOver = try channel.isOver
            try receive(channel, asked, log)
            if isOver { return }
            try channel.pause()
        }
    }

    /// Gives every rank rank 0's answers.
    private func share(_ group: any RankGroup) throws {
        let own: Value = .list(
            answers.map { state in
                .object([
                    "reply": state.reply.map(RankShares.encode) ?? .null,
                    "problem": state.problem.map(Value.string) ?? .null,
                ])
            })
        let text = try group.broadcast(group.place.rank == 0 ? Array(JSON.encode(own).utf8) : [], from: 0)
        if group.place.rank == 0 { return }
        let states = try JSON.decode(text, name: "rank 0's answers").list ?? []
        for (index, state) in zip(answers.indices, states) {
            answers[index].reply = RankShares.storedReply(state.object?["reply"])
            answers[index].problem = state.object?["problem"]?.string
        }
    }
}

/// Carries replies from the ranks that asked for them to rank 0, through the store that all ranks share.
final class ReplyChannel {
    private let group: any RankGroup
    private let name: String
    private var sent = 0
    private var received: [Int]

    private static let opened = Mutex(0)

    init(_ group: any RankGroup) throws {
        self.group = group
        // Ranks run one script: the same generation is the same one in a row on each.
        name = Self.opened.withLock { count in
            count += 1
            return "replies/\(count)"
        }
        received = [Int](repeating: 0, count: group.place.count)
    }

    /// One answer, by its place among the questions that are asked.
    static func message(_ place: Int, _ result: Result<TeacherReply, any Error>) -> Value {
        let (reply, problem) = GenerationRun.read(result)
        return .object([
            "place": .integer(place),
            "reply": reply.map { RankShares.encode(StoredReply($0, cost: nil)) } ?? .null,
            "problem": problem.map(Value.string) ?? .null,
        ])
    }

    /// Sends answers to rank 0.
    func send(_ messages: [Value]) throws {
        if messages.isEmpty { return }
        try group.set("\(name)/\(group.place.rank)/\(sent)", Array(JSON.encode(.list(messages)).utf8))
        sent += 1
    }

    /// Says that this rank sends no more.
    func end() throws { _ = try group.add(1, to: "\(name)/ended") }

    /// Whether no rank sends any more.
    var isOver: Bool {
        get throws { try group.add(0, to: "\(name)/ended") >= group.place.count }
    }

    /// What has come since the last look.
    func receive() throws -> [TeacherRun.Answer] {
        var answers: [TeacherRun.Answer] = []
        for rank in 1..<max(1, group.place.count) {
            while let bytes = try group.value("\(name)/\(rank)/\(received[rank])") {
                try group.remove("\(name)/\(rank)/\(received[rank])")
                received[rank] += 1
                for message in try JSON.decode(bytes, name: "rank \(rank)'s replies").list ?? [] {
                    guard let fields = message.object, let place = fields["place"]?.integer else { continue }
                    answers.append((place, Self.result(fields)))
                }
            }
        }
        return answers
    }

    private static func result(_ fields: [String: Value]) -> Result<TeacherReply, any Error> {
        let reply = RankShares.storedReply(fields["reply"])?.reply
        let problem = fields["problem"]?.string
        switch (reply, problem) {
        case (let reply?, nil): return .success(reply)
        case (let reply?, let problem?): return .failure(UnusableReply(reply, .failed(problem, remedy: nil)))
        case (nil, _): return .failure(LyceumError.failed(problem ?? "no reply", remedy: nil))
        }
    }

    /// A short wait that hears interrupts and failed ranks.
    func pause() throws {
        if Interrupt.isUrgent { throw LyceumError.cancelled("the ranks were waiting for each other") }
        usleep(20_000)
    }
}
