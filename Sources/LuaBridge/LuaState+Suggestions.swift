import LyceumKit

// What is added to Lua's own messages: the nearest names, other languages' names, the limits.
extension LuaState {
    /// A message with what helps to understand it.
    func explained(_ message: String) -> String {
        if message == "not enough memory", let limit = limits.memory {
            return "not enough memory: the limit is \(limit >> 20) MiB"
        }
        return (hint(calling: message) ?? hint(missing: message)).map { "\(message); \($0)" } ?? message
    }

    /// What to say where something was called that is not a function.
    private func hint(calling message: String) -> String? {
        if message.contains("'for iterator'") {
            return
                "a loop over rows is written for i, r in ipairs(d) do … end, over a table for k, v in pairs(t)"
        }
        guard let match = message.firstMatch(of: /attempt to call a \w+ value \(method '(\w+)'\)$/) else {
            return nil
        }
        let name = String(match.1)
        let isField = documentation.types.contains { type in type.properties.contains { $0.name == name } }
        return isField ? "'\(name)' is a field: write .\(name) without a call" : nil
    }

    /// The name that turned out to be nil: "… a nil value (global 'pritn')".
    private func hint(missing message: String) -> String? {
        guard let match = message.firstMatch(of: /a nil value \((global|field|method) '([^']+)'\)$/) else {
            return nil
        }
        let name = String(match.2)
        // A field that is read may be anybody's.
        guard match.1 != "field" || message.contains("attempt to call") else { return nil }
        if match.1 == "global" { return hint(global: name) }
        let known = libraryNames(methodsOnly: match.1 == "method")
        // A field that exists somewhere was not misspelt.
        if known.contains(name) { return nil }
        return name.count < 3
            ? ForeignNames.hint(for: name, among: []) : LyceumError.hint(for: name, among: known)
    }

    /// What an unknown global may have meant.
    ///
    /// Names of other tools first, then a function of that name in some module, then the nearest names: variables
    /// have nothing to do with each other, so these must be very near.
    func hint(global name: String) -> String? {
        if let foreign = ForeignNames.hint(for: name, among: []) { return foreign }
        let known = globalNames() + documentation.modules.map(\.name)
        let near = Nearest.names(to: name, among: Set(known).sorted(), within: name.count < 6 ? 1 : 2)
        let places = documentation.modules.filter { module in module.functions.contains { $0.name == name } }
        let members = places.prefix(2).map { "\($0.name).\(name)" }
        let all = members + (name.count < 3 ? [] : near.filter { $0 != name })
        return all.isEmpty
            ? nil : "did you mean " + all.prefix(3).map { "'\($0)'" }.joined(separator: " or ") + "?"
    }

    /// A syntax error with what the line may have meant in another language.
    static func explained(syntax message: String, in source: String) -> String {
        // The beginning of something longer stays as it is: the prompt waits for the rest.
        if message.hasSuffix("<eof>") { return message }
        guard let match = message.firstMatch(of: #/:(\d+): /#), let number = Int(match.1), number >= 1 else {
            return message
        }
        let lines = source.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1),
            let hint = ForeignNames.syntaxHint(for: String(lines[number - 1]), message: message)
        else { return message }
        return "\(message); \(hint)"
    }

    /// The names of the functions of Lua's standard libraries.
    private func libraryNames(methodsOnly: Bool) -> [String] {
        let libraries =
            methodsOnly ? ["string"] : ["string", "table", "math", "io", "os", "coroutine", "utf8", "debug"]
        let names = libraries.flatMap { name in
            (try? global(name).table?.entries().compactMap(\.key.string)) ?? []
        }
        return Array(Set(names)).sorted()
    }
}
