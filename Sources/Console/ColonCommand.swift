/// A command of the prompt: `:name`, which is not Lua code.
struct ColonCommand {
    /// With its colon: ":load".
    let name: String
    /// What follows it: "FILE"; empty if nothing does.
    let argument: String
    /// What it does, in a line.
    let summary: String

    /// Every command, as `:help` lists them.
    static let all = [
        ColonCommand(name: ":help", argument: "", summary: "shows this page"),
        ColonCommand(name: ":load", argument: "FILE", summary: "runs a script here; its globals stay"),
        ColonCommand(
            name: ":edit", argument: "[FILE]",
            summary: "opens the last entry, or a file, in $VISUAL or $EDITOR and runs what comes back"),
        ColonCommand(
            name: ":history", argument: "[N | TEXT]",
            summary: "lists the last entries (20), or those that contain a text"),
        ColonCommand(name: ":vars", argument: "", summary: "lists your variables with their types and sizes"),
        ColonCommand(
            name: ":time", argument: "[CODE]",
            summary: "runs code and reports how long it took; alone: does so for each line, or stops it"),
        ColonCommand(name: ":quit", argument: "", summary: "leaves, as Ctrl-D does"),
    ]
}
