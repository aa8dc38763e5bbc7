import Lab
import LuaBridge
import LyceumKit

extension DatasetObject {
    /// What the lab knows of the money behind a dataset.
    static func cost(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "cost",
            summary:
                "What the replies behind a dataset cost: of all teacher runs in its history and of those whose work "
                + "they read; of a dataset that none made, of the runs that were made from it. Each reply counts "
                + "once, however often it was reused.",
            returns:
                "{ replies, prompt_tokens, completion_tokens, cost_usd, unpriced }, where cost_usd is nil if no price "
                + "is known and `unpriced` replies are missing from it; nil if the lab knows of no such run",
            errors: ["a lab that cannot be read"],
            example: "assert(data.from({ { a = 1 } }):cost() == nil)",
            body: { call in
                let data = try dataset(call)
                guard environment.lab.isOn else { return [.nil] }
                let lab = try environment.lab.store
                var runs = Set(data.runs + (try lab.generations(thatMade: data.fingerprint)))
                if runs.isEmpty { runs = Set(try lab.generations(madeFrom: data.fingerprint)) }
                guard let spent = try lab.spending(ofRuns: runs.sorted()) else { return [.nil] }
                return [.data(spent.fields)]
            })
    }
}

extension Spending {
    /// The sums by name, as scripts see them.
    var fields: Value {
        [
            "replies": .integer(replies), "prompt_tokens": .integer(promptTokens),
            "completion_tokens": .integer(completionTokens), "cost_usd": cost.map(Value.number) ?? .null,
            "unpriced": .integer(unpriced),
        ]
    }
}
