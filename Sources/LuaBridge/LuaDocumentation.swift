import CLua
import LyceumKit

/// A page of help under a name of its own: "t5", "experiment".
public struct HelpTopic {
    /// The name, as typed: `help "t5"`.
    public let name: String
    /// One line for the list of topics.
    public let summary: String
    /// Whether a plugin brings it, so that the reference of the program leaves it out.
    public let isFromPlugin: Bool
    /// Writes the page; called only when somebody asks for it.
    public let text: () throws -> String
    /// The page in parts, where it is made of tables of options; nil for any other.
    public let parts: (() throws -> Parts)?

    /// A page that is made of tables of options.
    public struct Parts {
        /// What stands above them.
        public let introduction: String
        /// What each table is for ("options of student:train(data, { … })"), and its options.
        public let tables: [(title: String, options: [OptionDeclaration])]

        /// Describes a page; tables without options are left out.
        public init(_ introduction: String, _ tables: [(title: String, options: [OptionDeclaration])]) {
            self.introduction = introduction
            self.tables = tables.filter { !$0.options.isEmpty }
        }
    }

    /// Declares a topic.
    public init(
        name: String, summary: String, isFromPlugin: Bool = false, text: @escaping () throws -> String
    ) {
        self.name = name
        self.summary = summary
        self.isFromPlugin = isFromPlugin
        self.text = text
        parts = nil
    }

    /// Declares a topic that is made of tables of options.
    public init(
        name: String, summary: String, isFromPlugin: Bool, help: @escaping () -> HelpText,
        parts: @escaping () throws -> Parts
    ) {
        self.name = name
        self.summary = summary
        self.isFromPlugin = isFromPlugin
        self.parts = parts
        text = {
            let parts = try parts()
            let help = help()
            let tables = parts.tables.map { table in
                ([table.title] + help.table(HelpText.rows(table.options))).joined(separator: "\n") + "\n"
            }
            return ([parts.introduction] + tables).joined(separator: "\n\n")
        }
    }
}

/// Everything that was registered with a Lua state, for help and completion.
public final class LuaDocumentation {
    /// The modules, in order of registration.
    public private(set) var modules: [LuaModule] = []
    /// The global functions, in order of registration.
    public private(set) var functions: [LuaFunction] = []
    /// The types of host objects, in order of registration.
    public private(set) var types: [LuaType] = []
    private var topicSources: [() -> [HelpTopic]] = []

    func add(_ module: LuaModule) { modules.append(module) }
    func add(_ function: LuaFunction) { functions.append(function) }
    func add(_ type: LuaType) { types.append(type) }

    /// Adds pages of help.
    ///
    /// - Parameter source: asked again each time, so that it can list what plugins bring.
    public func addTopics(_ source: @escaping () -> [HelpTopic]) { topicSources.append(source) }

    /// The topics of all sources.
    public var topics: [HelpTopic] { topicSources.flatMap { $0() } }

    /// Something that help can explain.
    public enum Entry {
        /// A module.
        case module(LuaModule)
        /// A type of objects.
        case type(LuaType)
        /// A function under its full name.
        case function(LuaFunction, name: String)
        /// A property under its full name.
        case property(LuaProperty, name: String)
        /// A page of its own.
        case topic(HelpTopic)
    }

    /// Finds a module, type, topic, global function, or a member: "data", "dataset", "data.load",
    /// "dataset:filter".
    public func entry(named name: String) -> Entry? {
        if let module = modules.first(where: { $0.name == name }) { return .module(module) }
        if let function = functions.first(where: { $0.name == name }) {
            return .function(function, name: name)
        }
        if let type = types.first(where: { $0.name == name }) { return .type(type) }
        let parts = name.split(maxSplits: 1) { $0 == "." || $0 == ":" }.map(String.init)
        if parts.count == 2, let member = member(parts[1], of: parts[0]) { return member }
        if let topic = topics.first(where: { $0.name == name || $0.name == name.lowercased() }) {
            return .topic(topic)
        }
        return onlyMember(name)
    }

    /// The member that is the only one of that name: "curate".
    private func onlyMember(_ name: String) -> Entry? {
        // "prompt(template)" and "curate()" are asked for, too.
        let bare = String(name.prefix { $0 != "(" })
        if bare != name { return entry(named: bare) }
        let owners = modules.map(\.name) + types.map(\.name)
        let found = owners.compactMap { member(bare, of: $0) }
        return found.count == 1 ? found[0] : nil
    }

    private func member(_ name: String, of owner: String) -> Entry? {
        if let module = modules.first(where: { $0.name == owner }),
            let function = module.functions.first(where: { $0.name == name })
        {
            return .function(function, name: "\(owner).\(name)")
        }
        guard let type = types.first(where: { $0.name == owner }) else { return nil }
        if let method = type.methods.first(where: { $0.name == name }) {
            return .function(method, name: "\(owner):\(name)")
        }
        return type.properties.first { $0.name == name }.map { .property($0, name: "\(owner).\(name)") }
    }

    /// One line about an entry; empty if there is none of that name.
    public func summary(of name: String) -> String {
        switch entry(named: name) {
        case .module(let module)?: return module.summary
        case .type(let type)?: return type.summary
        case .function(let function, _)?: return function.summary
        case .property(let property, _)?: return property.summary
        case .topic(let topic)?: return topic.summary
        case nil: return ""
        }
    }

    /// Every name that `entry(named:)` knows.
    public var names: [String] {
        modules.flatMap { module in [module.name] + module.functions.map { "\(module.name).\($0.name)" } }
            + functions.map(\.name)
            + types.flatMap { type in
                [type.name] + type.methods.map { "\(type.name):\($0.name)" }
                    + type.properties.map { "\(type.name).\($0.name)" }
            } + topics.map(\.name)
    }
}

extension LuaState {
    /// One line about a value, without running any Lua code: what its documentation says, or its type.
    public func summary(of value: LuaValue) -> String {
        switch value {
        case .function, .table:
            switch try? documentation(for: value) {
            case .function(let function, _)?: return function.summary
            case .module(let module)?: return module.summary
            default: return typeName(value)
            }
        default: return typeName(value)
        }
    }

    /// What help knows about a value: a declared function or method, a module, an object, or a name.
    public func documentation(for value: LuaValue) throws -> LuaDocumentation.Entry? {
        switch value {
        case .string(let name): return documentation.entry(named: name)
        case .object(let object): return type(of: object).map(LuaDocumentation.Entry.type)
        case .function(let function):
            return try withStack { state in
                state.push(function)
                guard let pointer = clua_tobox(state.stack, -1) else { return nil }
                let box = Unmanaged<LuaBox>.fromOpaque(pointer).takeUnretainedValue()
                return box.declared.map { .function($0.function, name: $0.name) }
            }
        case .table(let table):
            let identity = try table.identity()
            for module in documentation.modules {
                if let global = try global(module.name).table, try global.identity() == identity {
                    return .module(module)
                }
            }
            return nil
        default: return nil
        }
    }
}
