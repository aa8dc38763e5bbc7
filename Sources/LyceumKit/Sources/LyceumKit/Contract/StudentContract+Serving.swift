// Several requests at once: what a server asks of a student.
extension StudentContract {
    /// A request: an input, and what is special about it.
    private struct Request {
        let text: String
        let options: [String: Value]
        /// The step before which it joins.
        let step: Int
        /// Whether it is taken out again before it is finished.
        let leaves: Bool
    }

    func checkServing() throws {
        guard task == .generate else { throw ContractFault.nothingToTry("it does not write texts") }
        guard let student = try trained() as? any ServingStudent else {
            throw ContractFault.nothingToTry("it answers one call after the other")
        }
        let session = try student.decodingSession()
        let requests = self.requests
        var expected: [Int: (request: Request, streamed: String)] = [:]
        var finished = 0
        for step in 0..<200 {
            for request in requests where request.step == step {
                let number = try session.add(request.text, options: generationOptions(request.options))
                try expect(expected[number] == nil, "two requests have the number \(number)")
                expected[number] = (request, "")
            }
            if step == 4 {
                for (number, entry) in expected where entry.request.leaves {
                    session.remove(number)
                    session.remove(number)
                }
            }
            for event in try session.step() {
                guard var entry = expected[event.request] else {
                    throw ContractFault.broken(
                        "something is reported of request \(event.request), which is none")
                }
                switch event.progress {
                case .text(let text): entry.streamed += text
                case .failed(let why): throw ContractFault.broken("a request failed: \(why)")
                case .finished(let text, _, let tokens):
                    finished += 1
                    try expect(tokens >= 0, "a source of \(tokens) tokens")
                    try check(text, streamed: entry.streamed, of: entry.request, student)
                }
                expected[event.request] = entry
            }
            if session.count == 0, step > (requests.map(\.step).max() ?? 0) { break }
        }
        try expect(session.count == 0, "\(session.count) requests are not finished after 200 steps")
        let staying = requests.filter { !$0.leaves }.count
        try expect(
            (staying...requests.count).contains(finished),
            "\(finished) requests are reported as finished, \(staying) stayed to the end")
    }

    private func check(
        _ text: GeneratedText, streamed: String, of request: Request, _ student: any Student
    ) throws {
        let alone = try answers(student, [request.text], request.options)
        try expect(
            alone == [.text(text)],
            "with \(request.options) it answers \(text) next to other requests, \(alone) alone")
        try expect(
            streamed.isEmpty || streamed == text.text,
            "what it wrote piece by piece, '\(streamed)', is not the text '\(text.text)'")
    }

    /// Requests that join one after the other, of as many kinds as the student has options for.
    private var requests: [Request] {
        let names = Set(architecture.generationOptions.map(\.name))
        let kinds: [[String: Value]] = [
            [:], ["num_beams": 3], ["do_sample": true, "seed": 3], ["max_new_tokens": 3],
            ["num_beams": 2, "num_return_sequences": 2, "max_new_tokens": 7],
            ["do_sample": true, "seed": 4, "num_return_sequences": 2], ["repetition_penalty": 1.5],
            ["num_beams": 2, "do_sample": true, "seed": 5], ["no_repeat_ngram_size": 1, "max_new_tokens": 9],
        ]
        return kinds.filter(names.isSuperset(of:)).enumerated().flatMap { index, options in
            unequal.enumerated().map { place, text in
                // Some join together, some while others are under way.
                Request(
                    text: text, options: options, step: (index * 5 + place * 3) % 8,
                    leaves: (index + place) % 7 == 5)
            }
        }
    }
}

extension Set<String> {
    /// Whether every option of a request is among the names.
    fileprivate func isSuperset(of options: [String: Value]) -> Bool { isSuperset(of: options.keys) }
}
