import LyceumKit

extension OpenAIBatches {
    /// What came of a question, by the name it went under.
    public typealias Answer = (name: String, result: Result<TeacherReply, any Error>)

    /// The most bytes of a file with replies.
    private static let largestFile = 2 << 30

    /// Fetches what came of an ended batch, replies and failures.
    ///
    /// - Parameter receive: gets some at a time, in any order, each question once. Those of which nothing came
    ///   are missing.
    public func results(of state: BatchState, receive: ([Answer]) throws -> Void) throws {
        var seen: Set<String> = []
        var unreadable = 0
        for file in state.files {
            let missing = LyceumError.failed(
                "\(server) does not have the file '\(settings.shown(file, limit: 80))' of the batch any more",
                remedy: "ask with the key of the same project; files of batches are kept for 30 days")
            let body = try download(file, missing: missing)
            var answers: [Answer] = []
            for line in body.split(separator: UInt8(ascii: "\n")) {
                try job.checkCancelled()
                if line.allSatisfy({ $0 <= 0x20 }) { continue }
                guard let answer = ServerJSON.read(Array(line)).flatMap(answer) else {
                    unreadable += 1
                    continue
                }
                if seen.insert(answer.name).inserted { answers.append(answer) }
                if answers.count == 1000 {
                    try receive(answers)
                    answers = []
                }
            }
            if !answers.isEmpty { try receive(answers) }
        }
        if unreadable > 0 {
            job.note("\(job.title): \(unreadable) lines that \(server) sent could not be read")
        }
    }

    private func download(_ file: String, missing: LyceumError) throws -> [UInt8] {
        let path = "/files/\(try checked(file, of: "file"))/content"
        return try received(.get, path, maximumBody: Self.largestFile, missing: missing).body
    }

    /// Reads a line; nil if it is none of a batch.
    private func answer(_ line: Value) -> Answer? {
        guard let fields = line.object, let name = fields["custom_id"]?.string else { return nil }
        if let response = fields["response"]?.object {
            let body = response["body"] ?? .null
            let status = response["status_code"]?.integer ?? 200
            guard (200..<300).contains(status) else {
                let said = ServerError(Array(JSON.encode(body).utf8), settings: settings).message
                return (
                    name, .failure(LyceumError.failed("\(server) answered \(status): \(said)", remedy: nil))
                )
            }
            return (name, judged(body))
        }
        let error = fields["error"]?.object
        let said = error?["message"]?.string ?? error?["code"]?.string ?? "no reply and no reason"
        return (name, .failure(LyceumError.failed("\(server): \(settings.shown(said))", remedy: nil)))
    }

    /// The reply that a body holds.
    private func judged(_ body: Value) -> Result<TeacherReply, any Error> {
        guard let reply = OpenAIExchange(settings: settings).completion(body, seconds: 0) else {
            return .failure(LyceumError.failed("\(server) answered without a choice", remedy: nil))
        }
        if let defect = reply.defect { return .failure(UnusableReply(reply, defect)) }
        guard let structure = settings.structure else { return .success(reply) }
        let (checked, problem) = structure.judged(reply)
        return problem.map { .failure(structure.failure(checked, $0, isSecond: false)) } ?? .success(checked)
    }
}
