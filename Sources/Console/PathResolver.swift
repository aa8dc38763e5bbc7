import LuaBridge
import LyceumKit

/// Follows paths such as `parts.train:filter` through values and declarations, without running any Lua code.
struct PathResolver {
    let state: LuaState
    /// Parameters of functions being typed, with the call that each function is given to.
    let parameters: [String: [CodeContext.Step]?]
    /// Variables of loops being typed, with the path that each element has.
    let loopVariables: [String: [CodeContext.Step]]

    /// What a path leads to.
    enum Value {
        /// A value that exists.
        case value(LuaValue)
        /// Something of which only the type is known.
        case type(LuaType)
        /// A record with these fields.
        case record([String])
        /// A declared function.
        case function(Function)
    }

    /// A declared function with what is known of a call of it.
    struct Function {
        let declaration: LuaFunction
        let receiver: AnyObject?
        /// Whether it is what a call of an object itself does.
        let isCallOfObject: Bool
    }

    /// Follows a path; nil if it leads to nothing that is known.
    func resolve(_ path: [CodeContext.Step]) -> Value? {
        var value: Value?
        for (position, step) in path.enumerated() {
            if position == 0 {
                guard case .name(let name) = step else { return nil }
                value = variable(name)
            } else {
                value = value.flatMap { follow(step, from: $0) }
            }
            if value == nil { return nil }
        }
        return value
    }

    private func variable(_ name: String) -> Value? {
        if let user = parameters[name] {
            // The record that a function given to a method of a dataset gets.
            guard let user, case .method? = user.last,
                case .value(.object(let object))? = resolve(user.dropLast())
            else { return nil }
            return state.columns(of: object).map(Value.record)
        }
        if let element = loopVariables[name], element.first != .name(name) { return resolve(element) }
        guard let value = try? state.global(name), !value.isNil else { return nil }
        return .value(value)
    }

    private func follow(_ step: CodeContext.Step, from value: Value) -> Value? {
        switch (step, value) {
        case (.field(let name), .value(.table(let table))):
            return (try? table.get(name)).flatMap { $0.isNil ? nil : .value($0) }
        case (.index(let position), .value(.table(let table))):
            return (try? table.get(position)).flatMap { $0.isNil ? nil : .value($0) }
        case (.index, .value(.object(let object))): return state.columns(of: object).map(Value.record)
        case (.method(let name), .value(.object(let object))):
            return method(name, of: state.type(of: object), receiver: object)
        case (.method(let name), .type(let type)): return method(name, of: type, receiver: nil)
        case (.call, _): return callee(value).flatMap { result(of: $0.declaration) }
        default: return nil
        }
    }

    private func method(_ name: String, of type: LuaType?, receiver: AnyObject?) -> Value? {
        type?.methods.first { $0.name == name }.map {
            .function(Function(declaration: $0, receiver: receiver, isCallOfObject: false))
        }
    }

    /// The type of what a function returns, which its documentation begins with: "a dataset; …".
    private func result(of function: LuaFunction) -> Value? {
        let words = function.returns.split { !$0.isLetter }.prefix(3)
        return state.documentation.types.first { type in words.contains { $0 == type.name } }.map(Value.type)
    }

    /// What a call of a value runs.
    private func callee(_ value: Value) -> Function? {
        switch value {
        case .function(let function): return function
        case .type(let type):
            return type.call.map { Function(declaration: $0, receiver: nil, isCallOfObject: true) }
        case .value(.object(let object)):
            return state.type(of: object)?.call.map {
                Function(declaration: $0, receiver: object, isCallOfObject: true)
            }
        case .value(let value):
            switch try? state.documentation(for: value) {
            case .function(let declaration, _)?:
                return Function(declaration: declaration, receiver: nil, isCallOfObject: false)
            case .module(let module)?:
                return module.call.map { Function(declaration: $0, receiver: nil, isCallOfObject: false) }
            default: return nil
            }
        case .record: return nil
        }
    }

    // MARK: Calls

    /// The declaration behind a call.
    func function(_ call: CodeContext.Call) -> Function? { resolve(call.callee).flatMap(callee) }

    /// What is known about a call.
    func site(_ function: Function, _ context: CodeContext) -> LuaCallSite {
        LuaCallSite(
            receiver: function.receiver, arguments: (context.call?.arguments ?? []).map(value),
            head: context.table?.elements.first.flatMap { value($0).string })
    }

    private func value(_ operand: CodeContext.Operand) -> LuaValue {
        switch operand {
        case .string(let text): return .string(text)
        case .path(let path):
            if case .value(let value)? = resolve(path) { return value }
            return .nil
        case .none, .other: return .nil
        }
    }

    // MARK: Members

    /// What can stand behind a dot, or a colon, after a value.
    func members(of value: Value, methods: Bool) -> [LuaSuggestion] {
        switch value {
        case .value(.object(let object)):
            guard let type = state.type(of: object) else { return [] }
            if methods { return self.methods(of: type) }
            let dynamic = state.fields(of: object).map { LuaSuggestion($0) }
            return properties(of: type)
                + dynamic.filter { field in
                    !type.properties.contains { $0.name == field.text }
                }
        case .type(let type): return methods ? self.methods(of: type) : properties(of: type)
        case .record(let fields): return methods ? [] : fields.map { LuaSuggestion($0, "field") }
        case .value(.string) where methods: return (try? state.global("string")).map { entries(of: $0) } ?? []
        case .value(let value): return entries(of: value, functionsOnly: methods)
        case .function: return []
        }
    }

    private func methods(of type: LuaType) -> [LuaSuggestion] {
        type.methods.map { LuaSuggestion($0.name, $0.summary) }
    }

    private func properties(of type: LuaType) -> [LuaSuggestion] {
        type.properties.map { LuaSuggestion($0.name, $0.summary) }
    }

    private func entries(of value: LuaValue, functionsOnly: Bool = false) -> [LuaSuggestion] {
        let entries = (try? value.table?.entries()) ?? []
        return entries.compactMap { entry in
            guard let name = entry.key.string, LuaSyntax.isName(name) else { return nil }
            if functionsOnly, entry.value.function == nil { return nil }
            return LuaSuggestion(name, state.summary(of: entry.value))
        }
    }
}
