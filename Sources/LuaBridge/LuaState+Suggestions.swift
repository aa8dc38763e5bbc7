import LyceumKit

// What is added to Lua's own messages: the nearest names, the limits.
extension LuaState {
    /// A message with what helps to understand it.
    func explained(_ message: String) -> String {
        if message == "not enough memory", let limit = limits.memory {
            return "not enough memory: the limit is \(limit >> 20) MiB"
        }
        let near = nearest(message)
        if near.isEmpty { return message }
        return message + "; did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
    }

    /// The names nearest to the one that turned out to be nil: "… a nil value (global 'pritn')".
    private func nearest(_ message: String) -> [String] {
        guard let match = message.firstMatch(of: /a nil value \((global|field|method) '([^']+)'\)$/) else {
            return []
        }
        let name = String(match.2)
        // Everything resembles a short name; and a field that is read may be anybody's.
        guard name.count >= 3, match.1 != "field" || message.contains("attempt to call") else { return [] }
        let known = match.1 == "global" ? globalNames() : libraryNames(methodsOnly: match.1 == "method")
        // A field that exists somewhere was not misspelt.
        return known.contains(name) ? [] : Nearest.names(to: name, among: known)
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
