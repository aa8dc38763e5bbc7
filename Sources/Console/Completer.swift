import LuaBridge
import LyceumKit

/// Finds what can stand at the cursor: names that exist, documented options, columns, topics of help, files.
///
/// Lua tables are read raw and host objects through their declarations: completion never runs Lua code.
struct Completer {
    let state: LuaState

    /// One thing that can stand at the cursor.
    struct Completion: Equatable {
        /// What replaces the bytes that were to be completed.
        var text: String
        /// What a list shows of it.
        var label: String
        /// One line about it; may be empty.
        var hint: String
    }

    /// What can stand in place of the UTF-8 bytes `start..<end` of a line, sorted.
    ///
    /// - Parameter preceding: the lines of the same code before this one.
    func complete(_ line: String, start: Int, end: Int, preceding: String = "") -> [Completion] {
        let bytes = Array(line.utf8)
        guard start >= 0, start <= end, end <= bytes.count else { return [] }
        let typed = String(decoding: bytes[..<end], as: UTF8.self)
        let (word, found) = suggestions(typed, preceding: preceding)
        var seen: Set<String> = []
        // readline shows a name as it is: one that commands the terminal is not offered.
        let isSafe = { (text: String) in !text.unicodeScalars.contains(where: ShownText.isObeyed) }
        return found.filter { $0.text.hasPrefix(word) && isSafe($0.text) && seen.insert($0.text).inserted }
            .sorted { $0.text < $1.text }
            .compactMap { suggestion in
                Self.fitted(suggestion.text, wordStart: end - word.utf8.count, line: bytes, start: start)
                    .map { Completion(text: $0, label: suggestion.text, hint: suggestion.hint) }
            }
    }

    /// A completion of our word as one of readline's, which may begin earlier or later.
    private static func fitted(_ text: String, wordStart: Int, line: [UInt8], start: Int) -> String? {
        if start <= wordStart { return String(decoding: line[start..<wordStart], as: UTF8.self) + text }
        return String(validating: Array(text.utf8).dropFirst(start - wordStart), as: UTF8.self)
    }

    /// The word before the cursor, and what it may be the beginning of.
    private func suggestions(_ typed: String, preceding: String) -> (word: String, found: [LuaSuggestion]) {
        let bare = typed.drop { $0 == " " }
        if preceding.isEmpty, bare.hasPrefix("?") { return topic(bare.dropFirst().drop { $0 == " " }) }
        if preceding.isEmpty, bare.hasPrefix(":"), !bare.hasPrefix("::") { return command(String(bare)) }
        if preceding.isEmpty, bare.hasPrefix("!") {
            let word = String(
                bare.dropFirst().split(separator: " ", omittingEmptySubsequences: false).last ?? "")
            return (word, files(word))
        }
        let context = CodeContext(preceding.isEmpty ? typed : preceding + "\n" + typed)
        let resolver = PathResolver(
            state: state, parameters: context.parameters, loopVariables: context.loopVariables)
        switch context.tail {
        case .comment: return ("", [])
        case .string(let text): return inString(text, context, resolver)
        case .code(let word):
            if let owner = context.owner {
                guard let value = resolver.resolve(owner) else { return (word, []) }
                let members = resolver.members(of: value, methods: context.isMethod)
                // help(gold.curate) asks about a method.
                let isAsked = context.call?.callee == [.name("help")] && !context.isMethod
                return (word, members + (isAsked ? resolver.members(of: value, methods: true) : []))
            }
            return (word, context.isFresh ? inCode(word, context, resolver) : [])
        }
    }

    private func topic(_ text: Substring) -> (word: String, found: [LuaSuggestion]) {
        (String(text), topics + globals())
    }

    private func command(_ text: String) -> (word: String, found: [LuaSuggestion]) {
        guard let space = text.firstIndex(of: " ") else {
            return (text, ColonCommand.all.map { LuaSuggestion($0.name, $0.summary) })
        }
        let word = String(text[text.index(after: space)...])
        return (word, files(word))
    }

    // MARK: In strings

    private func inString(
        _ text: String, _ context: CodeContext, _ resolver: PathResolver
    ) -> (word: String, found: [LuaSuggestion]) {
        if let opening = text.ranges(of: "{{").last, !text[opening.upperBound...].contains("}}") {
            return (String(text[opening.upperBound...].drop { $0 == " " }), variables())
        }
        if let indexed = context.indexed {
            return (text, resolver.resolve(indexed).map { resolver.members(of: $0, methods: false) } ?? [])
        }
        guard let call = context.call else { return (text, files(text)) }
        if call.callee == [.name("help")] { return (text, topics + bareTopics) }
        // What takes a text that is not declared, Lua's io.open or a function of the user's, may well take a file.
        guard let function = resolver.function(call) else { return (text, files(text)) }
        return (text, names(function, context, resolver, word: text) ?? [])
    }

    /// The names of methods and functions without their owners: help "curate".
    private var bareTopics: [LuaSuggestion] {
        state.documentation.names.compactMap { name in
            guard let mark = name.lastIndex(where: { $0 == ":" || $0 == "." }) else { return nil }
            return LuaSuggestion(String(name[name.index(after: mark)...]), name)
        }
    }

    /// What the text of an argument or option can name; nil if nothing is known about it.
    ///
    /// - Parameter word: the beginning of the text; nil if no quote has been typed yet.
    private func names(
        _ function: PathResolver.Function, _ context: CodeContext, _ resolver: PathResolver, word: String?
    ) -> [LuaSuggestion]? {
        let site = resolver.site(function, context)
        if let table = context.table, let key = table.key {
            if let names = function.declaration.optionNames[key] {
                if case .columnValues = names { return columnValues(table.innerKey, site) }
                if case .files = names, word == nil { return nil }
                return suggestions(names, site, word)
            }
            guard let option = options(function, site).first(where: { $0.name == key }) else { return nil }
            if option.namesColumn { return columns(site) }
            return Self.choices(option.kind).map { choices in choices.map { LuaSuggestion($0, option.doc) } }
        }
        let parameter = parameter(function, context)
        if let table = context.table, !table.elements.isEmpty, parameter.map({ isList($0.kind) }) != true {
            return nil
        }
        return parameter?.names.map { suggestions($0, site, word) }
    }

    private func isList(_ kind: LuaParameter.Kind) -> Bool {
        switch kind {
        case .list: return true
        case .either(let kinds): return kinds.contains { isList($0) }
        default: return false
        }
    }

    private func suggestions(_ names: LuaNames, _ site: LuaCallSite, _ word: String?) -> [LuaSuggestion] {
        switch names {
        case .columns, .columnValues: return columns(site)
        case .files: return word.map(files) ?? []
        case .filesOr(let make): return make(site) + (word.map(files) ?? [])
        case .suggestions(let make): return make(site)
        }
    }

    /// The columns of the receiver, or of the first argument that has some.
    private func columns(_ site: LuaCallSite) -> [LuaSuggestion] {
        let objects = [site.receiver].compactMap { $0 } + site.arguments.compactMap(\.object)
        let columns = objects.lazy.compactMap { state.columns(of: $0) }.first ?? []
        return columns.map { LuaSuggestion($0, "column") }
    }

    /// The texts that a column of the receiver holds, if they are few.
    private func columnValues(_ column: String?, _ site: LuaCallSite) -> [LuaSuggestion] {
        guard let column, let receiver = site.receiver else { return [] }
        return state.columnValues(of: receiver, column).map { LuaSuggestion($0, "value of \(column)") }
    }

    /// The columns of every dataset in a global variable: what a template's variables can be.
    private func variables() -> [LuaSuggestion] {
        state.globalNames().flatMap { name -> [LuaSuggestion] in
            guard let object = (try? state.global(name))?.object else { return [] }
            return (state.columns(of: object) ?? []).map { LuaSuggestion($0, "column of \(name)") }
        }
    }

    private static func choices(_ kind: OptionDeclaration.Kind) -> [String]? {
        switch kind {
        case .choice(let choices): return choices
        case .list(let element): return choices(element)
        case .either(let kinds): return kinds.lazy.compactMap(choices).first
        default: return nil
        }
    }

    private var topics: [LuaSuggestion] {
        state.documentation.names.map { LuaSuggestion($0, state.documentation.summary(of: $0)) }
    }

    /// The files whose path begins with the word; `~` stays as it was typed.
    private func files(_ word: String) -> [LuaSuggestion] {
        if word == "~" { return [LuaSuggestion("~/")] }
        let slash = word.lastIndex(of: "/")
        let folder = slash.map { String(word[...$0]) } ?? ""
        let stem = slash.map { word[word.index(after: $0)...] } ?? word[...]
        let real = Files.expandingHome(folder)
        return Files.list(real.isEmpty ? "." : real)
            .filter { $0.hasPrefix(stem) && (stem.hasPrefix(".") || !$0.hasPrefix(".")) }
            .map { LuaSuggestion(folder + $0 + (Files.isFolder(real + $0) ? "/" : "")) }
    }

    // MARK: In code

    /// Where a value, a statement or a field may begin.
    private func inCode(
        _ word: String, _ context: CodeContext, _ resolver: PathResolver
    ) -> [LuaSuggestion] {
        let local =
            context.parameters.keys.map { LuaSuggestion($0, "parameter") }
            + context.loopVariables.keys.map { LuaSuggestion($0, "row") }
        guard let call = context.call, let function = resolver.function(call) else {
            return everything(word) + local
        }
        let site = resolver.site(function, context)
        guard let table = context.table else {
            guard let parameter = parameter(function, context) else { return everything(word) + local }
            let fitting = globals { accepts(parameter.kind, $0) }
            let quoted =
                word.isEmpty ? (names(function, context, resolver, word: nil) ?? []).map(Self.quoted) : []
            return word.isEmpty && !(fitting + quoted).isEmpty ? fitting + quoted : everything(word) + local
        }
        if let key = table.key {
            guard let option = options(function, site).first(where: { $0.name == key }) else {
                return everything(word) + local
            }
            // `sort = `, `equals = { label = ` and `tags = { `: what the text in quotes would be.
            var quoted: [LuaSuggestion] = []
            if word.isEmpty, function.declaration.optionNames[key] != nil {
                quoted = (names(function, context, resolver, word: nil) ?? []).map { name in
                    guard case .list = option.kind, !table.isNested else { return Self.quoted(name) }
                    return LuaSuggestion("{ \"\(name.text)\" }", name.hint)
                }
            }
            if table.isNested {
                let asksForField = option.kind == .table && table.innerKey == nil
                return (asksForField ? fields(columns(site)) : []) + quoted + everything(word)
            }
            let values = self.values(option) + quoted
            return word.isEmpty && !values.isEmpty ? values : values + everything(word) + local
        }
        let open = options(function, site).map { LuaSuggestion($0.name + " = ", Self.hint($0)) }
        let head = word.isEmpty ? (names(function, context, resolver, word: nil) ?? []).map(Self.quoted) : []
        let offered = (open + fields(function, context, site) + head).filter { suggestion in
            suggestion.text.hasPrefix(word) && !table.given.contains { suggestion.text == $0 + " = " }
        }
        return offered.isEmpty ? everything(word) + local : offered
    }

    private static func quoted(_ name: LuaSuggestion) -> LuaSuggestion {
        LuaSuggestion("\"\(name.text)\"", name.hint)
    }

    /// The values that an option can have, as far as they can be listed.
    private func values(_ option: OptionDeclaration) -> [LuaSuggestion] { values(option.kind, option.doc) }

    private func values(_ kind: OptionDeclaration.Kind, _ doc: String) -> [LuaSuggestion] {
        switch kind {
        case .boolean: return [LuaSuggestion("true", doc), LuaSuggestion("false", doc)]
        case .choice(let choices): return choices.map { LuaSuggestion("\"\($0)\"", doc) }
        case .either(let kinds): return kinds.flatMap { values($0, doc) }
        case .object(let type): return globals { state.typeName($0) == type }
        default: return []
        }
    }

    /// "(default 16; examples a step)".
    private static func hint(_ option: OptionDeclaration) -> String {
        let value = option.defaultValue.map { "default \($0.text)" }
        let note = option.isRequired ? "required" : value
        return note.map { "\(option.doc) (\($0))" } ?? option.doc
    }

    private func accepts(_ kind: LuaParameter.Kind, _ value: LuaValue) -> Bool {
        switch kind {
        case .object(let type): return state.typeName(value) == type
        case .either(let kinds): return kinds.contains { accepts($0, value) }
        default: return false
        }
    }

    /// Globals and keywords; with nothing typed yet the modules alone.
    private func everything(_ word: String) -> [LuaSuggestion] {
        if word.isEmpty { return state.documentation.modules.map { LuaSuggestion($0.name, $0.summary) } }
        return globals() + LuaSyntax.keywords.map { LuaSuggestion($0) }
    }

    private func globals(where fits: (LuaValue) -> Bool = { _ in true }) -> [LuaSuggestion] {
        state.globalNames().filter(LuaSyntax.isName).compactMap { name in
            guard let value = try? state.global(name), fits(value) else { return nil }
            return LuaSuggestion(name, state.summary(of: value))
        }
    }

    // MARK: Declarations

    private func parameter(_ function: PathResolver.Function, _ context: CodeContext) -> LuaParameter? {
        let position = context.call?.arguments.count ?? 0
        let parameters = function.declaration.parameters
        if function.declaration.isVariadic, position >= parameters.count { return parameters.last }
        return parameters.indices.contains(position) ? parameters[position] : nil
    }

    /// The options of a function's tables, those included that depend on the call.
    private func options(_ function: PathResolver.Function, _ site: LuaCallSite) -> [OptionDeclaration] {
        function.declaration.parameters.compactMap(\.kind.options).flatMap { $0 }
            + (function.declaration.furtherOptions?(site) ?? [])
    }

    /// The fields of a table that is not a table of options: a record, or one named by columns.
    private func fields(
        _ function: PathResolver.Function, _ context: CodeContext, _ site: LuaCallSite
    ) -> [LuaSuggestion] {
        if function.isCallOfObject, let object = function.receiver {
            return (state.callFields(of: object) ?? []).map { LuaSuggestion("\($0) = ") }
        }
        guard let parameter = parameter(function, context), case .table = parameter.kind,
            case .columns? = parameter.names
        else { return [] }
        return fields(columns(site))
    }

    private func fields(_ names: [LuaSuggestion]) -> [LuaSuggestion] {
        names.map { LuaSuggestion($0.text + " = ", $0.hint) }
    }
}
