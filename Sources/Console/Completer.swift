import LuaBridge
import LyceumKit

/// Finds what can stand at the cursor: names that exist, documented options, topics of help, files.
///
/// Lua tables are read raw and host objects through their declarations: completion never runs Lua code.
struct Completer {
    let state: LuaState

    /// What can stand in place of the UTF-8 bytes `start..<end` of a line, sorted.
    func complete(_ line: String, start: Int, end: Int) -> [String] {
        let bytes = Array(line.utf8)
        guard start >= 0, start <= end, end <= bytes.count else { return [] }
        let typed = String(decoding: bytes[..<end], as: UTF8.self)
        let context = CodeContext(typed)
        let word = context.word
        let found: [String]
        if context.isInString {
            found = helpTopics(typed.dropLast(word.count), word) ?? files(word)
        } else if typed.first(where: { $0 != " " }) == "?" {
            found = state.documentation.names.filter { $0.hasPrefix(word) } + names(word)
        } else {
            found = (word.contains { $0 == "." || $0 == ":" } ? [] : options(context, word)) + names(word)
        }
        return Array(Set(found)).sorted().compactMap {
            Self.fitted($0, word: word, wordStart: end - word.utf8.count, line: bytes, start: start)
        }
    }

    /// A completion of our word as one of readline's, which may begin earlier or later.
    private static func fitted(
        _ text: String, word: String, wordStart: Int, line: [UInt8], start: Int
    ) -> String? {
        if start <= wordStart { return String(decoding: line[start..<wordStart], as: UTF8.self) + text }
        return String(validating: Array(text.utf8).dropFirst(start - wordStart), as: UTF8.self)
    }

    // MARK: Names

    private static let keywords = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
        "local",
        "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    /// "da" → globals and keywords; "data.lo", "parts.train:fil" → members of what the path leads to.
    private func names(_ word: String) -> [String] {
        guard let dot = word.lastIndex(where: { $0 == "." || $0 == ":" }) else {
            if word.isEmpty { return state.documentation.modules.map(\.name) }
            return (state.globalNames() + Self.keywords).filter { $0.hasPrefix(word) }
        }
        let stem = word[word.index(after: dot)...]
        guard let owner = try? resolve(String(word[..<dot])) else { return [] }
        let members = word[dot] == ":" ? methods(of: owner) : fields(of: owner)
        return members.filter { $0.hasPrefix(stem) && ValuePrinter.isName($0) }.map { word[...dot] + $0 }
    }

    /// The value of a path of names, without metamethods.
    private func resolve(_ path: String) throws -> LuaValue {
        var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...]
        guard let first = parts.popFirst() else { return .nil }
        var value = try state.global(first)
        for part in parts {
            guard let table = value.table else { return .nil }
            value = try table.get(part)
        }
        return value
    }

    private func fields(of owner: LuaValue) -> [String] {
        switch owner {
        case .table(let table): return (try? table.entries().compactMap(\.key.string)) ?? []
        case .object(let object): return state.fields(of: object)
        default: return []
        }
    }

    private func methods(of owner: LuaValue) -> [String] {
        switch owner {
        case .object(let object): return state.type(of: object)?.methods.map(\.name) ?? []
        case .string: return (try? state.global("string").table?.entries().compactMap(\.key.string)) ?? []
        case .table(let table):
            let entries = (try? table.entries()) ?? []
            return entries.filter { $0.value.function != nil }.compactMap(\.key.string)
        default: return []
        }
    }

    // MARK: Options

    /// Inside `f { … }` or `f(…, { … })`: the options of `f` that begin with the word and are not yet given.
    private func options(_ context: CodeContext, _ word: String) -> [String] {
        guard let call = context.enclosingTable, let function = function(call.function) else { return [] }
        let declared = function.parameters.compactMap(\.kind.options).flatMap { $0 }
        return declared.map(\.name).filter { $0.hasPrefix(word) && !call.given.contains($0) }.map {
            $0 + " = "
        }
    }

    /// The declaration behind "data.load", "gold:split", "gpt".
    private func function(_ path: String) -> LuaFunction? {
        if let colon = path.lastIndex(of: ":") {
            guard case .object(let object)? = try? resolve(String(path[..<colon])) else { return nil }
            let name = path[path.index(after: colon)...]
            return state.type(of: object)?.methods.first { $0.name == name }
        }
        guard let value = try? resolve(path) else { return nil }
        if case .object(let object) = value { return state.type(of: object)?.call }
        switch try? state.documentation(for: value) {
        case .function(let function, _)?: return function
        case .module(let module)?: return module.call
        default: return nil
        }
    }

    // MARK: In strings

    /// Topics, if the string is the argument of `help`; nil if it is not.
    private func helpTopics(_ before: Substring, _ word: String) -> [String]? {
        var lead = before
        while let last = lead.last, "\"'[( ".contains(last) { lead.removeLast() }
        guard lead.hasSuffix("help") else { return nil }
        return state.documentation.names.filter { $0.hasPrefix(word) }
    }

    /// The files whose path begins with the word.
    private func files(_ word: String) -> [String] {
        let slash = word.lastIndex(of: "/")
        let folder = slash.map { String(word[...$0]) } ?? ""
        let stem = slash.map { word[word.index(after: $0)...] } ?? word[...]
        return Files.list(folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix(stem) && (stem.hasPrefix(".") || !$0.hasPrefix(".")) }
            .map { folder + $0 + (Files.isFolder(folder + $0) ? "/" : "") }
    }
}
