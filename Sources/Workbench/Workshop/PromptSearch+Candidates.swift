import Evaluation
import LyceumKit
import Prompting
import Teaching

// The prompts that a search tries.
extension PromptSearch {
    /// Instructions that a teacher proposes when it sees what went wrong.
    func searchInstructions(_ parts: Parts, _ generator: inout SeededGenerator, _ job: Job) throws {
        if plan.instructionTrials == 0 { return }
        let proposer = plan.proposer ?? plan.teacher
        let references = try parts.train.stringLists(plan.reference)
        for number in 0..<plan.instructionTrials {
            let reserve = try reserve(for: bestTrial?.prompt ?? plan.prompt, parts)
            guard try mayAsk(andCalls: 1 + parts.valid.count, keeping: reserve) else { return }
            let rows = generator.permutation(parts.train.count).prefix(5)
            let shown = try rows.map { row in
                let question = PromptTemplate.text(
                    of: try plan.prompt.request(for: parts.train.record(at: row)).messages)
                return
                    "Question:\n\(question.prefix(1500))\nThe right answer:\n\((references[row].first ?? "").prefix(500))"
            }
            let wish = [
                "short and strict", "detailed", "about the form of the answer", "with a way to think",
            ]
            let request =
                "A language model gets the questions below and should give the right answers. Write an instruction for it, "
                + "\(wish[number % wish.count]), that makes its answers better. Do not mention these examples. Reply with the instruction only.\n\n"
                + shown.joined(separator: "\n\n")
            let reply: String
            do {
                let asked = try spendOnQuestion(keeping: reserve) {
                    try session.ask([ChatMessage(.user, request)], of: proposer).text
                }
                guard let asked else { return }
                reply = asked
            } catch LyceumError.cancelled(let kept) {
                throw LyceumError.cancelled(kept)
            } catch {
                session.shortJob("optimizing").note("optimizing the prompt: no instruction came: \(error)")
                continue
            }
            guard let candidate = try? instructed(reply), !trials.contains(where: { $0.prompt == candidate })
            else {
                continue
            }
            guard try attempt("instructions", candidate, parts, job) else { return }
        }
    }

    /// The prompt with another message of the system.
    private func instructed(_ text: String) throws -> PromptTemplate {
        let trimmed = text.trimmingWhitespace
        if trimmed.isEmpty { return plan.prompt }
        // What a model writes is text, not a template.
        let literal =
            trimmed.contains("{{") || trimmed.contains("{%") || trimmed.contains("{#")
            ? "{% raw %}\(trimmed.replacing("{% endraw %}", with: "")){% endraw %}" : trimmed
        var messages = plan.prompt.messages.filter { $0.role != .system }.map {
            (role: $0.role, content: $0.template.source)
        }
        messages.insert((.system, literal), at: 0)
        return try PromptTemplate(
            messages: messages, examples: plan.prompt.examples, options: plan.prompt.options)
    }

    /// Sets of examples: drawn from the training rows, or of those that the teacher itself answered well.
    func searchExamples(_ parts: Parts, _ generator: inout SeededGenerator, _ job: Job) throws {
        if plan.exampleTrials == 0 || plan.exampleCount == 0 { return }
        let base = bestTrial?.prompt ?? plan.prompt
        let columns = Set(base.columns + [plan.reference])
        func record(_ row: Int) throws -> [String: Value] {
            let record = try parts.train.record(at: row)
            let fields = Dictionary(
                zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
            return fields.filter { columns.contains($0.key) }
        }
        var own: [[String: Value]] = []
        if let outcome = try bootstrap(base, parts) {
            let limit =
                plan.goodScore ?? (isShare && largerIsBetter ? 1 : outcome.mean)
            for row in outcome.values.indices {
                let value = outcome.values[row]
                guard let answer = outcome.answers[row], largerIsBetter ? value >= limit : value <= limit
                else {
                    continue
                }
                var fields = try record(row)
                fields[plan.reference] = .string(answer)
                own.append(fields)
            }
        }
        let gold = try (0..<parts.train.count).map(record)
        for number in 0..<plan.exampleTrials {
            let usesOwn = number % 2 == 1 && !own.isEmpty
            let pool = usesOwn ? own : gold
            let count = min(pool.count, 1 + generator.index(below: plan.exampleCount))
            let chosen = generator.permutation(pool.count).prefix(count).map { pool[$0] }
            let examples = try FewShotExamples(chosen, answer: "{{ \(plan.reference) }}")
            let candidate = try PromptTemplate(
                messages: base.messages.map { ($0.role, $0.template.source) }, examples: examples,
                options: base.options)
            if trials.contains(where: { $0.prompt == candidate }) { continue }
            let kind = usesOwn ? "the teacher's own answers" : "examples at random"
            guard try attempt(kind, candidate, parts, job) else { return }
        }
    }

    /// What a prompt answers to the training rows; nil if the budget has no room for that and a trial.
    private func bootstrap(_ base: PromptTemplate, _ parts: Parts) throws -> Outcome? {
        let reserve = try reserve(for: base, parts)
        guard try mayAsk(base, on: parts.train, andCalls: parts.valid.count, keeping: reserve) else {
            return nil
        }
        do {
            return try spend(keeping: reserve, asking: base, on: parts.train) {
                try evaluate(base, on: parts.train, "optimize: training rows")
            }
        } catch is SearchBudget.Spent {
            return nil
        }
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmingWhitespace: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
