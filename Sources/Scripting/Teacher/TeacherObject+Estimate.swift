import Lab
import LuaBridge
import LyceumKit
import Teaching
import Workbench

extension TeacherObject {
    static func estimate(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "estimate",
            summary:
                "Estimates what teacher:generate with these arguments would send and cost; nothing is sent.",
            parameters: [
                LuaParameter("data", .object("dataset"), "as for generate"),
                LuaParameter("options", .options(generateOptions), "as for generate"),
            ],
            returns:
                "{ replies, reused, handed_over, calls, prompt_tokens, completion_tokens, usd_low, usd_high, usd_saved, basis }: "
                + "`reused` replies are in the lab and save `usd_saved`, `handed_over` ones are on their way in a batch; what is not known is nil",
            errors: ["a variable of the prompt that the data does not have"],
            example:
                "local background = data.from { { document = \"A cat sat on a mat.\", summary = \"cat on mat\" } }\n"
                + "local gpt = teacher.open { \"retrieval\", corpus = background, input = \"document\", target = \"summary\" }\n"
                + "local cost = gpt:estimate(data.from { { summary = \"a cat\" } }, { prompt = prompt \"{{ summary }}\" })\n"
                + "assert(cost.calls == 1)",
            furtherOptions: { ($0.receiver as? TeacherObject)?.opened.callOptions ?? [] },
            body: { call in
                let object = try call.receiver(TeacherObject.self)
                let (options, request) = try object.callOptions(call)
                let plans = try plans(call, options)
                guard let plan = plans.first, plans.count == 1 else {
                    throw LyceumError.badOption(
                        function: call.name, option: "prompt", expected: "one prompt at a time",
                        got: "\(plans.count)")
                }
                let estimate = try environment.session.estimate(
                    plan, by: try object.opened.adjusted(request), isBatch: try options.values.bool("batch"))
                return [.data(estimate.value)]
            })
    }
}
