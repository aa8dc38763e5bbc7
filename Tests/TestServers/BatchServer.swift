import Foundation
import LyceumKit
import Synchronization

/// A server with OpenAI's Batch API on this machine, which does as a test tells it to.
package final class BatchServer: Sendable {
    package typealias Reply = LoopbackServer.Reply

    /// What becomes of a question.
    package enum Outcome {
        case reply
        case cutShort
        /// The request was refused.
        case refused
        /// The batch ended before it was answered; the server says so.
        case expired
        /// Nothing is said of it.
        case nothing
    }

    /// How the server differs from one without faults.
    package struct Behaviour: Sendable {
        /// How often a batch is not done yet when it is looked at.
        package var polls = 1
        /// How batches end.
        package var status = "completed"
        package var problem: String?
        package var outcome: @Sendable (_ question: String, _ batch: Int) -> Outcome = { _, _ in .reply }
        /// Answers in the server's place; nil lets it do.
        package var intercept: @Sendable (LoopbackServer.Request) -> Reply? = { _ in nil }
        /// As `intercept`, when the server has done its work: the answer that is sent in place of its own.
        package var replace: @Sendable (LoopbackServer.Request) -> Reply? = { _ in nil }

        package init(
            polls: Int = 1, status: String = "completed", problem: String? = nil,
            outcome: @escaping @Sendable (_ question: String, _ batch: Int) -> Outcome = { _, _ in .reply }
        ) {
            self.polls = polls
            self.status = status
            self.problem = problem
            self.outcome = outcome
        }
    }

    package struct Batch {
        package let id: String
        let metadata: Value
        package let questions: [(name: String, text: String)]
        var looks = 0
    }

    private struct State {
        var files: [String: [(name: String, text: String)]] = [:]
        var batches: [Batch] = []
        var behaviour: Behaviour
    }

    /// What the test and the server's threads both hold.
    private final class Shared: Sendable {
        let value: Mutex<State>

        init(_ state: State) { value = Mutex(state) }
    }

    private let state: Shared
    package let server: LoopbackServer

    package init(_ behaviour: Behaviour = Behaviour()) throws {
        let shared = Shared(State(behaviour: behaviour))
        state = shared
        server = try LoopbackServer { request in
            let behaviour = shared.value.withLock { $0.behaviour }
            if let reply = behaviour.intercept(request) { return reply }
            let own = shared.value.withLock { Self.answer(request, &$0) }
            return behaviour.replace(request) ?? own
        }
    }

    package var baseURL: String { server.baseURL }
    package var batches: [Batch] { state.value.withLock { $0.batches } }
    /// The texts of all questions of all batches, sorted.
    package var asked: [String] { batches.flatMap { $0.questions.map(\.text) }.sorted() }

    package func set(_ change: (inout Behaviour) -> Void) { state.value.withLock { change(&$0.behaviour) } }
    /// How many requests of a kind came: "POST /v1/files".
    package func count(_ line: String) -> Int { server.requests.count { $0.line.hasPrefix(line + " ") } }
    package func stop() { server.stop() }

    private static func answer(_ request: LoopbackServer.Request, _ state: inout State) -> Reply {
        let parts = request.line.split(separator: " ")
        let path = String(parts[1].prefix { $0 != "?" })
        switch (parts[0], path) {
        case ("POST", "/v1/files"):
            guard request.headers["content-type"]?.hasPrefix("multipart/form-data; boundary=") == true,
                request.text.contains("name=\"purpose\"\r\n\r\nbatch\r\n")
            else { return Reply(400, serverError("no form")) }
            var questions: [(name: String, text: String)] = []
            for line in request.text.split(whereSeparator: \.isNewline) where line.hasPrefix("{") {
                let fields = (try? JSON.decode(String(line), name: "line"))?.object ?? [:]
                let messages = fields["body"]?.object?["messages"]?.list
                guard fields["method"] == "POST", fields["url"] == "/v1/chat/completions",
                    let name = fields["custom_id"]?.string,
                    let text = messages?.last?.object?["content"]?.string
                else { return Reply(400, serverError("bad line \(line)")) }
                questions.append((name, text))
            }
            let id = "file-\(state.files.count + 1)"
            state.files[id] = questions
            return Reply(200, #"{"id":"\#(id)","object":"file","purpose":"batch"}"#)
        case ("POST", "/v1/batches"):
            let fields = (try? JSON.decode(request.body, name: "batch"))?.object ?? [:]
            guard let questions = fields["input_file_id"]?.string.flatMap({ state.files[$0] }),
                fields["completion_window"] == "24h", fields["endpoint"] == "/v1/chat/completions"
            else { return Reply(400, serverError("no such file")) }
            let id = "batch_\(state.batches.count + 1)"
            state.batches.append(
                Batch(id: id, metadata: fields["metadata"] ?? .null, questions: questions))
            return Reply(200, #"{"id":"\#(id)","status":"validating"}"#)
        case ("GET", "/v1/batches"):
            let data = state.batches.reversed().map { batch -> Value in
                ["id": .string(batch.id), "metadata": batch.metadata]
            }
            return Reply(200, JSON.encode(["data": .list(data), "has_more": false]))
        case ("GET", _) where path.hasPrefix("/v1/batches/"):
            guard let index = state.batches.firstIndex(where: { path == "/v1/batches/\($0.id)" }) else {
                return Reply(404, serverError("no such batch"))
            }
            state.batches[index].looks += 1
            return Reply(200, description(of: state.batches[index], state.behaviour))
        case ("GET", _) where path.hasSuffix("/content"):
            let name = path.dropFirst("/v1/files/".count).dropLast("/content".count)
            guard let index = state.batches.firstIndex(where: { name.hasSuffix("-\($0.id)") }) else {
                return Reply(404, serverError("no such file"))
            }
            let lines = state.batches[index].questions.reversed().compactMap {
                line($0, index, isError: name.hasPrefix("errors"), state.behaviour)
            }
            return Reply(200, lines.map { JSON.encode($0) + "\n" }.joined())
        default: return Reply(404, serverError("no such thing"))
        }
    }

    private static func description(of batch: Batch, _ behaviour: Behaviour) -> String {
        var fields: [String: Value] = [
            "id": .string(batch.id), "status": "in_progress",
            "request_counts": [
                "total": .integer(batch.questions.count), "completed": 0, "failed": 0,
            ],
        ]
        if batch.looks > behaviour.polls {
            fields["status"] = .string(behaviour.status)
            fields["output_file_id"] = .string("output-\(batch.id)")
            fields["error_file_id"] = .string("errors-\(batch.id)")
            fields["errors"] = behaviour.problem.map { ["data": [["message": .string($0)]]] } ?? .null
        }
        return JSON.encode(.object(fields))
    }

    private static func line(
        _ question: (name: String, text: String), _ batch: Int, isError: Bool, _ behaviour: Behaviour
    ) -> Value? {
        var fields: [String: Value] = ["id": "x", "custom_id": .string(question.name)]
        func response(_ status: Int, _ body: String) -> Value {
            ["status_code": .integer(status), "body": (try? JSON.decode(body, name: "body")) ?? .null]
        }
        switch (behaviour.outcome(question.text, batch), isError) {
        case (.reply, false): fields["response"] = response(200, completion("re: \(question.text)"))
        case (.cutShort, false): fields["response"] = response(200, completion("half", finish: "length"))
        case (.refused, true): fields["response"] = response(400, serverError("bad row"))
        case (.expired, true):
            fields["error"] = ["code": "batch_expired", "message": "not within the completion window"]
        default: return nil
        }
        return .object(fields)
    }
}
