import HTTP
import LyceumKit

/// OpenAI's Batch API: questions are handed over as a file and answered within a day, at a lower price.
///
/// Every step can be repeated: a batch carries a mark by which it is found again when its name was never read, and
/// a question goes under a name of the caller's, by which its reply is known in whatever order replies come.
/// Source: platform.openai.com, "Batch API" and "API reference: Batch", "Files".
public struct OpenAIBatches {
    /// What a server takes as one batch.
    struct Limits {
        var requests = 50_000
        /// 200 MB, less what the form around the file takes.
        var bytes = 200_000_000 - 1000
    }

    /// Questions that fit one batch.
    public struct Part {
        /// Which of the questions, by index.
        public let questions: Range<Int>
        /// The bytes of each question's line.
        public let bytes: [Int]
    }

    /// A question under the name that its reply is known by.
    public typealias Question = (name: String, request: TeacherRequest)

    let teacher: OpenAITeacher
    let job: Job
    var limits = Limits()

    var settings: OpenAISettings { teacher.settings }
    var server: String { settings.address.display }

    /// Cuts questions into batches.
    ///
    /// - Throws: `LyceumError.failed` for a question that no batch can hold, `LyceumError.cancelled`.
    public func parts(of questions: [Question]) throws -> [Part] {
        var parts: [Part] = []
        var start = 0
        var bytes: [Int] = []
        var sum = 0
        for (index, question) in questions.enumerated() {
            if index % 256 == 0 { try job.checkCancelled() }
            let size = line(question).utf8.count
            guard size <= limits.bytes else {
                throw LyceumError.failed(
                    "question \(index + 1) has \(size) bytes, more than a batch may have", remedy: nil)
            }
            if bytes.count == limits.requests || sum + size > limits.bytes {
                parts.append(Part(questions: start..<index, bytes: bytes))
                (start, bytes, sum) = (index, [], 0)
            }
            bytes.append(size)
            sum += size
        }
        if !bytes.isEmpty { parts.append(Part(questions: start..<questions.count, bytes: bytes)) }
        return parts
    }

    /// Throws if the teacher's budget may not bear so many requests.
    ///
    /// - Parameter bytes: of each request.
    public func checkBudget(_ bytes: [Int]) throws {
        if let refusal = teacher.meter.refusal(ofBatch: bytes) { throw refusal }
    }

    /// Counts a batch that was handed over: until its replies are there the budget holds the most they may cost.
    public func count(mark: String, bytes: [Int]) { teacher.meter.reserve(batch: mark, bytes: bytes) }

    /// Ends the account of a batch.
    public func settle(mark: String) { teacher.meter.release(batch: mark) }

    /// Counts a reply of a batch.
    public func count(_ reply: TeacherReply) { teacher.meter.settleBatch(reply) }

    /// What a reply of a batch cost, in USD; nil if the price or the number of tokens is not known.
    public func cost(of reply: TeacherReply) -> Double? {
        reply.promptTokens.flatMap { prompt in
            reply.completionTokens.flatMap {
                teacher.batchCost(promptTokens: prompt, completionTokens: $0)
            }
        }
    }

    /// Uploads the file of a batch.
    ///
    /// - Parameter mark: names the file.
    /// - Returns: the server's name for it.
    public func upload(_ questions: some Sequence<Question>, mark: String) throws -> String {
        let boundary = "lyceum-\(mark)"
        var body = Array(
            """
            --\(boundary)\r
            Content-Disposition: form-data; name="purpose"\r
            \r
            batch\r
            --\(boundary)\r
            Content-Disposition: form-data; name="file"; filename="lyceum-\(mark).jsonl"\r
            Content-Type: application/jsonl\r
            \r

            """.utf8)
        for question in questions { body += line(question).utf8 }
        body += "\r\n--\(boundary)--\r\n".utf8
        let answer = try call(
            .post, "/files", body: body, type: "multipart/form-data; boundary=\(boundary)",
            missing: noBatchAPI("/files"))
        return try name(in: answer, of: "file")
    }

    /// Starts a batch; one of that mark that is there already is taken instead.
    ///
    /// - Parameters:
    ///   - file: the server's name for the file.
    ///   - mark: what the server keeps with the batch.
    ///   - mayExist: whether it may have been started before.
    /// - Returns: the server's name for it.
    /// - Throws: `BatchRefusal` if there surely is none now; anything else leaves that open.
    public func start(file: String, mark: String, mayExist: Bool) throws -> String {
        var mayExist = mayExist
        let body = Array(
            JSON.encode([
                "input_file_id": .string(file), "endpoint": "/v1/chat/completions",
                "completion_window": "24h", "metadata": ["lyceum": .string(mark)],
            ]).utf8)
        for attempt in 0... {
            // An answer that was lost on its way may have said that the batch has begun.
            if mayExist, let found = try find(mark: mark) { return found }
            mayExist = true
            switch try exchange(.post, "/batches", body: body) {
            case .success(let response) where (200..<300).contains(response.status):
                return try name(in: try object(response), of: "batch")
            case .success(let response):
                let fault = fault(response, missing: noBatchAPI("/batches"))
                if case .retry(_, let after, _) = fault, attempt < settings.limits.retries {
                    try pause(RetryPolicy.wait(attempt: attempt, after: after))
                    continue
                }
                // After a fault of the server's own nobody knows whether it had begun.
                if [408, 409].contains(response.status) || response.status >= 500 && response.status != 501 {
                    throw fault.error
                }
                throw BatchRefusal(reason: fault.error)
            case .failure(let failure):
                guard attempt < settings.limits.retries else {
                    throw OpenAIFault(failure, settings: settings).error
                }
                try pause(RetryPolicy.wait(attempt: attempt, after: nil))
            }
        }
        throw LyceumError.cancelled("")
    }

    /// How a batch stands. A server that cannot be reached is asked for some minutes: a batch takes hours.
    ///
    /// - Parameter name: the server's name for it.
    /// - Returns: nil if the server does not know it.
    public func state(of name: String) throws -> BatchState? {
        let missing = LyceumError.failed(name, remedy: nil)
        do {
            let answer = try call(
                .get, "/batches/\(name)", retries: max(settings.limits.retries, 60), missing: missing)
            return BatchState(answer, settings: settings)
        } catch let error as LyceumError where error == missing {
            return nil
        }
    }

    /// The name of the batch with a mark; nil if the server has none, or does not list its batches.
    private func find(mark: String) throws -> String? {
        var after = ""
        // The newest come first.
        for _ in 0..<50 {
            let missing = LyceumError.failed(mark, remedy: nil)
            let page: Value
            do {
                page = try call(.get, "/batches?limit=100\(after)", missing: missing)
            } catch let error as LyceumError where error == missing {
                return nil
            }
            let batches = page.object?["data"]?.list ?? []
            for batch in batches {
                let metadata = batch.object?["metadata"]?.object
                if metadata?["lyceum"]?.string == mark { return try name(in: batch, of: "batch") }
            }
            guard page.object?["has_more"]?.bool == true, let last = batches.last else { return nil }
            after = "&after=\(try name(in: last, of: "batch"))"
        }
        return nil
    }

    /// A question as a line of the file.
    private func line(_ question: Question) -> String {
        JSON.encode([
            "custom_id": .string(question.name), "method": "POST", "url": "/v1/chat/completions",
            "body": OpenAIExchange(settings: settings).body(question.request),
        ]) + "\n"
    }
}

extension OpenAITeacher {
    /// Batches of this teacher's questions.
    ///
    /// - Parameter job: progress and cancellation.
    /// - Throws: `LyceumError.unsupported` for a kind of server that has no Batch API, or another.
    public func batches(job: Job) throws -> OpenAIBatches {
        guard settings.dialect.wire == .chatCompletions else {
            throw LyceumError.unsupported(
                "batch = true speaks OpenAI's Batch API, which \(settings.address.display) does not have",
                remedy: "leave out batch")
        }
        return OpenAIBatches(teacher: self, job: job)
    }

    /// What so many tokens cost in a batch, in USD; nil if that is not known.
    public func batchCost(promptTokens: Int, completionTokens: Int) -> Double? {
        settings.price?.batchCost(promptTokens: promptTokens, completionTokens: completionTokens)
    }
}

/// A batch that the server did not start.
public struct BatchRefusal: Error {
    /// Why, for a person.
    public let reason: LyceumError
}
