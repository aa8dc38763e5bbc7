import Corpus
import LyceumKit

/// What a page about a workshop says: made when the workshop is finished, kept in the lab, so that a report shows it
/// in a later session, too.
struct WorkshopPage: Equatable {
    /// What answers are scored by.
    struct Figure: Equatable {
        let name: String
        let title: String
        let isShare: Bool
    }

    /// A value with its interval; nothing where there is none.
    struct Score: Equatable {
        var value: Double?
        var low: Double?
        var high: Double?
    }

    /// One prompt asked of one teacher.
    struct Variant: Equatable {
        let name: String
        let promptName: String
        let teacherName: String
        let prompt: String
        let run: Int?
        /// Answers that came, and that were wanted.
        let answered: Int
        let wanted: Int
        /// USD; nil if that is not known.
        let cost: Double?
        /// Of an answer, on average; nil without answers.
        let seconds: Double?
        let tokens: Double?
        /// Figure by figure.
        let scores: [Score]
        /// The deciding figure of each row of the grid, from the first.
        let grid: [Double?]
    }

    /// Two variants in one figure.
    struct Difference: Equatable {
        let figure: Int
        let first: Int
        let second: Int
        let difference: Score
        let p: Double
        let correctedP: Double
        let rows: Int
    }

    /// One answer.
    struct Cell: Equatable {
        /// Nil where there is no answer; `problem` says why.
        let text: String?
        let problem: String?
        /// Figure by figure.
        let scores: [Double?]
        let tokens: Int?
        let cost: Double?
        let seconds: Double?
    }

    /// A column of a row.
    struct Field: Equatable {
        let name: String
        let text: String
    }

    /// All answers to a row of the data.
    struct Row: Equatable {
        /// What the prompts show of the row.
        let fields: [Field]
        let references: [String]
        /// Variant by variant, sample by sample.
        let cells: [[Cell]]
    }

    let sentence: String
    let rowCount: Int
    let samples: Int
    /// 0.95
    let confidence: Double
    let figures: [Figure]
    /// The figure that decides; nil without any.
    let deciding: Int?
    /// The best first.
    let variants: [Variant]
    let differences: [Difference]
    /// The first rows, whole.
    let rows: [Row]

    /// How much of a workshop stands on its page: what is longer is cut, and the page says so.
    struct Bounds {
        /// Rows with all their answers.
        var rows = 50
        /// Rows of the grid.
        var gridRows = 500
        /// Characters of a text.
        var characters = 4000
        /// Characters of all texts together; the first row is always there.
        var total = 1_000_000

        /// So many rows, each whole.
        static func whole(rows: Int) -> Bounds {
            Bounds(rows: rows, gridRows: max(rows, 500), characters: .max, total: .max)
        }
    }

    /// Reads a workshop that has been run.
    init(_ workshop: Workshop, within bounds: Bounds = Bounds()) {
        let plan = workshop.plan
        var bounds = bounds
        // Even one row may have thousands of answers.
        bounds.characters = min(
            bounds.characters, max(80, bounds.total / max(1, plan.variants.count * plan.samples)))
        let order = workshop.ranking + plan.variants.indices.filter { !workshop.ranking.contains($0) }
        let decidingFigure = workshop.decidingFigure
        sentence = workshop.sentence
        rowCount = plan.data.count
        samples = plan.samples
        confidence = plan.resampling.confidence
        figures = workshop.figures.map { Figure(name: $0.name, title: $0.title, isShare: $0.isShare) }
        deciding = decidingFigure.flatMap { figure in workshop.figures.firstIndex { $0.name == figure.name } }
        variants = order.map { place in
            let variant = plan.variants[place]
            let answers = workshop.results[place].answers
            let effort = workshop.effort(place)
            return Variant(
                name: variant.name, promptName: variant.promptName, teacherName: variant.teacherName,
                prompt: variant.prompt.recordedSource.cut(to: max(bounds.characters, 20_000)),
                run: workshop.results[place].run, answered: answers.count(where: \.isGood),
                wanted: answers.count, cost: workshop.cost(place), seconds: effort?.seconds,
                tokens: effort?.tokens,
                scores: workshop.figures.map { figure in
                    Score(
                        value: figure.means[place], low: figure.intervals[place]?.lowerBound,
                        high: figure.intervals[place]?.upperBound)
                }, grid: Array((decidingFigure?.rows[place] ?? []).prefix(bounds.gridRows)))
        }
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        differences = workshop.tests.compactMap { test in
            guard let figure = workshop.figures.firstIndex(where: { $0.name == test.figure }),
                let first = places[test.first], let second = places[test.second]
            else { return nil }
            return Difference(
                figure: figure, first: first, second: second,
                difference: Score(
                    value: test.difference.difference, low: test.difference.interval.lowerBound,
                    high: test.difference.interval.upperBound), p: test.difference.randomizationP,
                correctedP: test.correctedP, rows: test.count)
        }
        var rows: [Row] = []
        var size = 0
        for row in 0..<min(max(bounds.rows, 0), plan.data.count) {
            let one = Self.row(row, of: workshop, order, bounds)
            size += one.characterCount
            if size > bounds.total, !rows.isEmpty { break }
            rows.append(one)
        }
        self.rows = rows
    }

    private static func row(_ row: Int, of workshop: Workshop, _ order: [Int], _ bounds: Bounds) -> Row {
        let plan = workshop.plan
        let record = try? plan.data.record(at: row)
        let shown = Set(plan.variants.flatMap(\.prompt.columns))
        let fields = plan.data.columns.filter(shown.contains).compactMap { name in
            record?[name].map { Field(name: name, text: $0.text.cut(to: bounds.characters)) }
        }
        let references =
            plan.reference.flatMap { try? plan.data.rows([row]).stringLists($0).first } ?? []
        return Row(
            fields: fields, references: references.map { $0.cut(to: bounds.characters) },
            cells: order.map { variant in
                (0..<plan.samples).map { sample in
                    cell(workshop, variant, row: row, sample: sample, bounds)
                }
            })
    }

    private static func cell(
        _ workshop: Workshop, _ variant: Int, row: Int, sample: Int, _ bounds: Bounds
    ) -> Cell {
        let answer = workshop.answer(variant, row: row, sample: sample)
        let reply = answer?.isGood == true ? answer?.reply : nil
        let place = row * workshop.plan.samples + sample
        return Cell(
            text: reply?.reply.text.cut(to: bounds.characters),
            problem: reply == nil ? (answer?.problem ?? "not asked").cut(to: bounds.characters) : nil,
            scores: workshop.figures.map { figure in
                let cells = figure.cells[variant]
                return cells.indices.contains(place) ? cells[place] : nil
            }, tokens: reply?.reply.completionTokens, cost: reply?.cost, seconds: reply?.reply.seconds)
    }
}

extension WorkshopPage.Row {
    /// How long its texts are.
    fileprivate var characterCount: Int {
        let answers = cells.joined().reduce(0) { $0 + ($1.text?.utf8.count ?? 0) + 100 }
        return answers + references.reduce(0) { $0 + $1.utf8.count }
            + fields.reduce(0) { $0 + $1.text.utf8.count }
    }
}

extension String {
    /// The beginning of a text that is longer than so many characters, with a remark.
    fileprivate func cut(to count: Int) -> String {
        // Counting characters of a long text is slow; it never has more of them than bytes.
        if utf8.count <= count { return self }
        let start = prefix(count)
        return start.endIndex == endIndex ? self : start + " … (cut)"
    }
}
