import LuaBridge
import LyceumKit
import Prompting
import Workbench

// Which version of a prompt is it, and who asked it?
extension PromptObject {
    static func diff(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "diff",
            summary:
                "Shows what changed from this prompt to another, word by word: [-taken away-]{+put in+}.",
            parameters: [LuaParameter("other", .object("prompt"), "the newer one")],
            returns: "whether anything changed",
            example:
                "local old, new = prompt \"Write about {{ topic }}.\", prompt \"Write briefly about {{ topic }}.\"\n"
                + "assert(old:diff(new))",
            body: { call in
                let old = try call.receiver(PromptObject.self).prompt
                let new = try call.object(1, PromptObject.self).prompt
                let diff = TextDiff(text(of: old), text(of: new))
                environment.write(
                    (diff.isEmpty
                        ? "the prompts are the same" : diff.text(isColoured: environment.isColoured)) + "\n")
                return [.boolean(!diff.isEmpty)]
            })
    }

    /// The prompt as its file would be, or, where it cannot be one, as the lab keeps it.
    private static func text(of prompt: PromptTemplate) -> String {
        let options = prompt.options.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)\n" }
            .joined()
        return options + prompt.recordedSource
    }

    static func runs(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "runs", summary: "The runs of the lab that asked this prompt, oldest first.",
            returns: "a list of numbers, for runs.compare and runs.get",
            example: "print(#(prompt \"Write about {{ topic }}.\"):runs())",
            body: { call in
                let hash = try call.receiver(PromptObject.self).prompt.recordedHash
                let runs = try environment.lab.store.runs(ofPrompt: hash)
                return [.data(.list(runs.map(Value.integer)))]
            })
    }
}
