import Corpus
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    private static let voteOptions: [OptionDeclaration] = [
        .string("a", "of a workshop: the first variant; else the best"),
        .string("b", "of a workshop: the second variant; else the next best"),
        .column("input", "of datasets: the column of the task; else all columns but the answers"),
        .column("prediction", default: "prediction", "of datasets: the column of answers"),
        .list("names", of: .string, "of datasets: what the systems are called"),
        .string("voter", default: "me", "who judges; each voter's verdicts are kept apart"),
        .integer("seed", default: 42, "seed of the order of the pairs and of which answer stands left"),
    ]

    /// `vote(…)`
    static func vote(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "vote",
            summary:
                "Lets you judge two systems' answers blind, side by side, with one key each: 1 or left, 2 or right, t for a tie, "
                + "s to skip, b to go back, q to leave. Each verdict is kept in the lab as it is given; the same call goes on.",
            parameters: [
                LuaParameter(
                    "answers", .either([.object("workshop"), .list("two datasets"), .object("dataset")]),
                    "a workshop, or the same rows answered by two systems: { a, b }"),
                LuaParameter(
                    "options", .either([.options(voteOptions), .object("dataset")]),
                    "how; or, instead of the list, the second system's dataset", optional: true),
                LuaParameter("more", .options(voteOptions), "the options then", optional: true),
            ],
            returns:
                "a dataset: task, first_system, first, second_system, second, verdict (a system, \"tie\", or nothing yet); "
                + "metrics.judge({ a, b }, { labels = … }) compares a judge with it",
            errors: ["no terminal, unless everything is judged already", "rows that do not match"],
            example:
                "local same = data.from { { task = \"Say hi\", prediction = \"hi\" } }\n"
                + "assert(vote({ same, same }, { input = \"task\" })[1].verdict == \"tie\")  -- equal answers tie",
            body: { call in
                let given = try systems(call)
                let values = try call.options(given.options, declared: voteOptions).values
                let pairs: [Ballot.Pair]
                if let workshop = (call.value(1).object as? WorkshopObject)?.workshop {
                    pairs = try votePairs(workshop, values)
                } else {
                    let data = given.systems.compactMap { ($0.object as? DatasetObject)?.dataset }
                    guard data.count == 2, given.systems.count == 2 else {
                        throw LyceumError.invalid(
                            call.place(1),
                            expected: "a workshop, or two datasets with the same rows: { a, b }",
                            got: call.state.typeName(call.value(1)), remedy: nil)
                    }
                    pairs = try answerPairs(data[0], data[1], values, values.optionalString("input"))
                }
                let ballot = try Ballot(
                    pairs, voter: try values.string("voter"), seed: try values.int("seed"),
                    in: environment.session)
                if !ballot.open.isEmpty {
                    guard let keyboard = environment.keyboard else {
                        throw LyceumError.unsupported(
                            "vote: \(ballot.open.count) of \(pairs.count) pairs are not judged, and nobody sits at this terminal",
                            remedy: "call it at the prompt")
                    }
                    VoteWalk(ballot).run(keyboard)
                    environment.shortJob("vote").note("vote: \(ballot.summary)")
                }
                return [.object(DatasetObject(ballot.dataset))]
            })
    }

    /// The answers of two variants of a workshop, where both have one.
    private static func votePairs(_ workshop: Workshop, _ options: Options) throws -> [Ballot.Pair] {
        let ranked =
            workshop.ranking + workshop.plan.variants.indices.filter { !workshop.ranking.contains($0) }
        func place(_ option: String, _ fallback: Int?) throws -> Int {
            if let name = options.optionalString(option) { return try workshop.variant(named: name) }
            guard let fallback else {
                throw LyceumError.invalid("vote", expected: "two variants", got: "one", remedy: nil)
            }
            return fallback
        }
        let first = try place("a", ranked.first)
        let second = try place("b", ranked.first { $0 != first })
        guard first != second else {
            throw LyceumError.badOption(
                function: "vote", option: "b", expected: "another variant than a", got: "the same")
        }
        let names = (workshop.plan.variants[first].name, workshop.plan.variants[second].name)
        let used = Set(
            workshop.plan.variants[first].prompt.columns + workshop.plan.variants[second].prompt.columns)
        return try (0..<workshop.plan.data.count).compactMap { row in
            guard let a = workshop.answer(first, row: row), a.isGood,
                let b = workshop.answer(second, row: row),
                b.isGood, let left = a.reply?.reply.text, let right = b.reply?.reply.text
            else { return nil }
            let record = try workshop.plan.data.record(at: row)
            let task = zip(record.columns, record.values).filter { used.contains($0.0) }
                .map { "\($0): \($1.text)" }.joined(separator: "\n")
            return Ballot.Pair(task: task, first: (names.0, left), second: (names.1, right))
        }
    }
}

/// The screens of a vote.
struct VoteWalk {
    private let ballot: Ballot

    init(_ ballot: Ballot) { self.ballot = ballot }

    func run(_ keyboard: any Keyboard) {
        var queue = ballot.open
        var done: [Int] = []
        keyboard.reading(onOwnScreen: true) { next in
            while let pair = queue.first {
                draw(pair, left: queue.count, on: keyboard)
                guard let key = next() else { return }
                switch key {
                case "1", "left", "h": give(.first)
                case "2", "right", "l": give(.second)
                case "t", "0", "=", "down": give(.tie)
                case "s", "space":
                    queue.removeFirst()
                    queue.append(pair)
                case "b", "backspace", "up":
                    guard let last = done.popLast() else { continue }
                    ballot.takeBack(last)
                    queue.insert(last, at: 0)
                case "q", "escape": return
                default: continue
                }
            }
        }
        func give(_ choice: PairVerdict.Choice) {
            guard let pair = queue.first else { return }
            ballot.vote(pair, choice)
            done.append(pair)
            queue.removeFirst()
        }
    }

    private func draw(_ pair: Int, left: Int, on keyboard: any Keyboard) {
        let (one, two) = ballot.shown(pair)
        let text =
            "\(left) left to judge\n\n\(ballot.pairs[pair].task)\n\n── 1\n\(one)\n\n── 2\n\(two)"
        keyboard.draw(
            keyboard.fitted(
                sideBySide(pair, left, keyboard.size) ?? ShownText.safe(text),
                note: "… (the rest does not fit the screen)"),
            keys: "1 left is better   2 right is better   t tie   s skip   b back   q leave")
    }

    /// Both answers in columns, where the screen is wide enough and they fit.
    private func sideBySide(_ pair: Int, _ left: Int, _ size: (lines: Int, columns: Int)) -> String? {
        guard size.columns >= 60 else { return nil }
        let width = (size.columns - 3) / 2
        let (one, two) = ballot.shown(pair)
        func column(_ text: String) -> [String] {
            ShownText.safe(text).split(separator: "\n", omittingEmptySubsequences: false).flatMap {
                line -> [String] in
                var (lines, current) = ([String](), "")
                for word in line.split(separator: " ", omittingEmptySubsequences: false) {
                    let longer = current.isEmpty ? String(word) : current + " " + word
                    if DisplayWidth.of(longer) <= width {
                        current = longer
                    } else {
                        if !current.isEmpty { lines.append(current) }
                        current = String(word.prefix(width))
                    }
                }
                return lines + [current]
            }
        }
        let (first, second) = (["── 1"] + column(one), ["── 2"] + column(two))
        let head = ["\(left) left to judge", ""] + column(ballot.pairs[pair].task) + [""]
        guard head.count + max(first.count, second.count) <= size.lines - 2 else { return nil }
        let rows = (0..<max(first.count, second.count)).map { row -> String in
            let a = row < first.count ? first[row] : ""
            let b = row < second.count ? second[row] : ""
            return DisplayWidth.fit(a, to: width, toRight: false) + " │ " + b
        }
        return (head + rows).joined(separator: "\n")
    }
}
