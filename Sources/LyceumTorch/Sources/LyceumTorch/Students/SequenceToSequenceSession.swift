import LyceumKit
import LyceumText

extension SequenceToSequenceStudent: ServingStudent {
    /// A session over the network as it is now.
    ///
    /// - Throws: `LyceumError.unsupported` if there is no network yet.
    public func decodingSession() throws -> any DecodingSession {
        let (model, tokenizer) = try ready(to: "generate")
        return try SequenceToSequenceSession(self, model, tokenizer)
    }
}

/// Requests to one student that are decoded together.
final class SequenceToSequenceSession<Model: SequenceToSequenceModel>: DecodingSession {
    /// A request until it is finished.
    private struct Request {
        let input: RequestInput
        let plan: SearchPlan
        let precision: Precision
        var stream: TextStream?
        /// By search; nil as long as it goes on.
        var texts: [[WrittenText]?]
    }

    private struct RequestInput {
        let ids: [Int]
        let words: [String]
    }

    private let student: SequenceToSequenceStudent<Model>
    private let model: Model
    private let tokenizer: any Tokenizer
    private let precisionSwitch: PrecisionSwitch
    /// Sources are read again and again, into the same memory.
    private let memory: KeptMemory
    private var requests: [Int: Request] = [:]
    /// Requests that no batch has yet, in the order they came.
    private var waiting: [Int] = []
    private var batches: [(precision: Precision, batch: DecodingBatch<Model>)] = []
    /// Whose search a number is.
    private var searches: [Int: (request: Int, index: Int)] = [:]
    private var lastRequest = 0
    private var lastSearch = 0

    init(_ student: SequenceToSequenceStudent<Model>, _ model: Model, _ tokenizer: any Tokenizer) throws {
        memory = try KeptMemory()
        (self.student, self.model, self.tokenizer) = (student, model, tokenizer)
        precisionSwitch = PrecisionSwitch(model)
    }

    var count: Int { requests.count }

    func add(_ text: String, options: Options) throws -> Int {
        let (reading, search) = try student.settings(options, for: model)
        if let wish = reading.device, !requests.isEmpty, try wish.resolve() != model.device {
            throw LyceumError.unsupported(
                "other requests are being answered on \(model.device)",
                remedy: "leave device out, or ask for it when nothing else is being answered")
        }
        let sources = try student.encodeSources([text], for: model, tokenizer, reading, .silent())
        // Says now what a step could not do, and makes copies of the weights that steps compute with.
        let precision = try precisionSwitch.resolved(reading.precision)
        try noGrad { try precisionSwitch.set(precision) }
        precisionSwitch.drop()
        let plan = SearchPlan(search, model)
        let streams = plan.searchesEach == 1 && search.numBeams == 1
        lastRequest += 1
        requests[lastRequest] = Request(
            input: RequestInput(ids: sources.ids[0], words: sources.words[0]), plan: plan,
            precision: precision, stream: streams ? TextStream() : nil,
            texts: [[WrittenText]?](repeating: nil, count: plan.searchesEach))
        waiting.append(lastRequest)
        return lastRequest
    }

    func remove(_ request: Int) {
        guard requests.removeValue(forKey: request) != nil else { return }
        waiting.removeAll { $0 == request }
        for (number, search) in searches where search.request == request {
            searches[number] = nil
            for (_, batch) in batches { batch.drop(number) }
        }
        batches.removeAll { !$0.batch.isOpen }
    }

    func step() throws -> [DecodingEvent] {
        var events: [DecodingEvent] = []
        try noGrad {
            defer { precisionSwitch.drop() }
            try admit()
            for (precision, batch) in batches {
                try precisionSwitch.set(precision)
                for entry in try batch.step() { events += try follow(entry) }
            }
        }
        batches.removeAll { !$0.batch.isOpen }
        return events
    }

    /// Reads the sources of those who wait.
    private func admit() throws {
        var groups: [(precision: Precision, rows: Int, requests: [Int])] = []
        for number in waiting {
            guard let request = requests[number] else { continue }
            // Only rows that may be uneven can be of different searches.
            let rows = DecodingBatch(model).joinsAnyRows ? 0 : request.plan.rowsEach
            if let place = groups.firstIndex(where: { $0.precision == request.precision && $0.rows == rows })
            {
                groups[place].requests.append(number)
            } else {
                groups.append((request.precision, rows, [number]))
            }
        }
        waiting = []
        for group in groups {
            try precisionSwitch.set(group.precision)
            let sources = group.requests.compactMap { number in
                requests[number].map { request in
                    (
                        ids: request.input.ids,
                        searches: (0..<request.plan.searchesEach).map { index in
                            lastSearch += 1
                            searches[lastSearch] = (number, index)
                            return (
                                number: lastSearch,
                                search: request.plan.search(over: request.input.ids, number: index)
                            )
                        }
                    )
                }
            }
            if let open = batches.first(where: { $0.precision == group.precision && $0.batch.canJoin }) {
                try open.batch.join(sources)
            } else {
                let batch = DecodingBatch(model)
                try batch.join(sources)
                batches.append((group.precision, batch))
            }
        }
    }

    /// What a step of a search brought.
    private func follow(_ entry: DecodingBatch<Model>.Entry) throws -> [DecodingEvent] {
        guard let (number, index) = searches[entry.number], var request = requests[number] else { return [] }
        var events: [DecodingEvent] = []
        func say(_ progress: DecodingEvent.Progress) {
            events.append(DecodingEvent(request: number, progress: progress))
        }
        if let written = entry.search.texts.first, var stream = request.stream {
            let text = try tokenizer.spell(written.tokens, words: request.input.words)
            if let new = stream.append(text, isFinal: entry.search.isDone) { say(.text(new)) }
            request.stream = stream
        }
        if entry.search.isDone {
            request.texts[index] = entry.search.texts
            searches[entry.number] = nil
        }
        requests[number] = request
        let all = request.texts.compactMap { $0 }
        guard all.count == request.texts.count else { return events }
        requests[number] = nil
        let texts = all.flatMap { $0 }
        say(
            .finished(
                try tokenizer.generated(texts.map(\.tokens), words: request.input.words),
                texts.first?.isEnded == true ? .stop : .length, sourceTokens: request.input.ids.count))
        return events
    }
}

/// Gives out a growing text as far as it is final.
struct TextStream {
    /// What was given out.
    private var given = ""
    /// The whole text after the last token.
    private var last = ""

    /// - Parameters:
    ///   - text: the whole text now.
    ///   - isFinal: whether nothing follows.
    /// - Returns: what to append; nil if nothing is certain.
    mutating func append(_ text: String, isFinal: Bool) -> String? {
        defer { last = text }
        // The next token can change the last one's characters: complete a letter, or take a space away.
        let certain = isFinal ? text : text.commonPrefix(with: last, without: "\u{FFFD}")
        guard certain.utf8.count > given.utf8.count, certain.utf8.starts(with: given.utf8) else { return nil }
        let new = String(decoding: certain.utf8.dropFirst(given.utf8.count), as: UTF8.self)
        given = certain
        return new
    }
}

extension String {
    /// The characters that two texts begin with, up to the first `stop`.
    fileprivate func commonPrefix(with other: String, without stop: Character) -> String {
        String(zip(self, other).prefix { $0 == $1 && $0 != stop }.map(\.0))
    }
}
