import Lab
import LuaBridge
import LyceumKit

extension DatasetObject {
    /// What the lab knows of the money behind a dataset.
    static func cost(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "cost",
            summary:
                "What the replies behind a dataset cost: of the teacher runs that made it, or else of those that "
                + "were made from it. Each reply counts once, however often it was reused.",
            returns:
                "{ replies, prompt_tokens, completion_tokens, cost_usd, unpriced }, where cost_usd is nil if no price "
                + "is known and `unpriced` replies are missing from it; nil if the lab knows of no such run",
            errors: ["a lab that cannot be read"],
            example: "assert(data.from({ { a = 1 } }):cost() == nil)",
            body: { call in
                guard environment.lab.isOn,
                    let spent = try environment.lab.store.spending(ofDataset: try dataset(call).fingerprint)
                else { return [.nil] }
                return [
                    .data([
                        "replies": .integer(spent.replies), "prompt_tokens": .integer(spent.promptTokens),
                        "completion_tokens": .integer(spent.completionTokens),
                        "cost_usd": spent.cost.map(Value.number) ?? .null,
                        "unpriced": .integer(spent.unpriced),
                    ])
                ]
            })
    }
}
