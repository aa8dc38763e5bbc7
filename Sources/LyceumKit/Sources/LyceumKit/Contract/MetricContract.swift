/// What every metric keeps to, whoever wrote it.
public struct MetricContract: Contract {
    /// One thing that is promised.
    public enum Clause: String, ContractClause {
        case declarations, counts, finite, references, texts, determinism, cancelling

        /// What is promised, in one line.
        public var meaning: String {
            switch self {
            case .declarations: return "id, summary and every option have a text, defaults are allowed"
            case .counts: return "every figure has one value for each text, and a name of its own"
            case .finite: return "every value is a number, also for texts without a letter"
            case .references: return "several references for a text are read"
            case .texts: return "empty, long and odd texts get a value"
            case .determinism: return "the same texts get the same values"
            case .cancelling: return "a cancelled job ends it with LyceumError.cancelled"
            }
        }

        /// Scoring must work before it can be tried in depth.
        public var needs: [Clause] {
            self == .declarations || self == .counts ? [] : [.counts]
        }
    }

    /// What is tried.
    public let metric: Metric

    /// A contract for a metric.
    public init(_ metric: Metric) { self.metric = metric }

    private static let predictions = [
        "a red cat sat on the mat", "dogs bark", "the quick brown fox jumps", "nothing in common",
    ]
    private static let references = [
        ["a red cat lay on a mat"], ["dogs bark"], ["the quick brown fox jumped"],
        ["something else entirely"],
    ]

    /// Tries one clause.
    public func attempt(_ clause: Clause) throws {
        switch clause {
        case .declarations: try checkDeclared(metric.id, metric.summary, [("metric's", metric.options)])
        case .counts: try checkCounts()
        case .finite: try checkFinite()
        case .references:
            try check([["a cat", "the cat", ""], ["dogs"], ["x", "y"], ["z"]], "with several references")
        case .texts: try checkTexts()
        case .determinism: try checkDeterminism()
        case .cancelling: try checkCancelling()
        }
    }

    private func score(
        _ predictions: [String], _ references: [[String]], job: Job = .silent()
    ) throws -> [(name: String, values: [Double])] {
        let options = try defaults(metric.options, function: "metrics.\(metric.id)")
        return try metric.score(predictions, references, options, job)
    }

    /// Scores the predictions against references and looks at the shape of what comes.
    @discardableResult private func check(
        _ references: [[String]], predictions: [String] = predictions, _ what: String
    ) throws -> [(name: String, values: [Double])] {
        let figures = try score(predictions, references)
        try expect(!figures.isEmpty, "\(what) it gives no figure")
        var names: Set<String> = []
        for (name, values) in figures {
            try expect(!name.isEmpty, "\(what) a figure has no name")
            try expect(names.insert(name).inserted, "\(what) it gives two figures called '\(name)'")
            try expect(
                values.count == predictions.count,
                "\(what) it gives \(values.count) values of '\(name)' for \(predictions.count) texts")
            if let wrong = values.firstIndex(where: { !$0.isFinite }) {
                throw ContractFault.broken(
                    "\(what) its '\(name)' of text \(wrong + 1) is \(values[wrong]), which is not a number: "
                        + "'\(predictions[wrong].prefix(40))'")
            }
        }
        return figures
    }

    private func checkCounts() throws {
        let four = try check(Self.references, "of four texts")
        let one = try check(
            [Self.references[0]], predictions: [Self.predictions[0]], "of one text")
        try expect(
            Set(four.map(\.name)) == Set(one.map(\.name)),
            "four texts have the figures \(four.map(\.name)), one text has \(one.map(\.name))")
        for (name, values) in try score([], []) {
            try expect(values.isEmpty, "of no texts it gives \(values.count) values of '\(name)'")
        }
    }

    private func checkFinite() throws {
        for text in ["", " ", "…", "."] {
            try check([[text]], predictions: [text], "of '\(text)' against itself")
            try check([["a cat"]], predictions: [text], "of '\(text)'")
            try check([[text]], predictions: ["a cat"], "against '\(text)'")
        }
    }

    private func checkTexts() throws {
        let odd = StudentContract.oddTexts
        try check(odd.map { [$0] }, predictions: odd, "of odd texts")
        try check(odd.reversed().map { [$0] }, predictions: odd, "of odd texts against others")
    }

    private func checkDeterminism() throws {
        let (first, second) = (
            try check(Self.references, "once"), try check(Self.references, "the second time")
        )
        for (a, b) in zip(first, second) {
            try expect(
                a.name == b.name && a.values == b.values,
                "the same texts got \(a.name) \(a.values), then \(b.name) \(b.values)")
        }
    }

    private func checkCancelling() throws {
        let job = Job(
            "trial", obeysInterrupt: false, listener: Job.Listener(progress: { _ in }, note: { _ in }))
        job.cancel()
        try expectCancelled("scoring with a cancelled job (call job.checkCancelled() for each text)") {
            _ = try score(
                [String](repeating: Self.predictions[0], count: 1000),
                [[String]](repeating: Self.references[0], count: 1000), job: job)
        }
    }
}
