import CLua
import LyceumKit

/// A declared type with its metatable.
struct RegisteredType {
    let declaration: LuaType
    let metatable: Int32
    /// Every name after the dot or colon that objects of this type have.
    let names: [String]
}

// Functions, modules and types become Lua values here.
extension LuaState {
    /// Creates a global table of functions.
    ///
    /// A field that it does not have is an error that names the nearest one; scripts may add fields.
    @discardableResult
    public func register(_ module: LuaModule) throws -> LuaTable {
        let table = try makeTable()
        for function in module.functions {
            try table.set(
                function.name, makeFunction(function, name: "\(module.name).\(function.name)"))
        }
        for constant in module.constants { try table.set(constant.name, constant.value) }
        let names = module.functions.map(\.name) + module.constants.map(\.name)
        let metatable = try makeTable()
        try metatable.set("__name", .string(module.name))
        try metatable.set("__metatable", .string(module.name))
        try metatable.set(
            "__index",
            makeFunction(name: module.name) { [unowned self] arguments in
                if let value = try module.index?(arguments.last ?? .nil) { return [value] }
                throw LyceumError.unknownName(
                    kind: "field of \(module.name)", name: try describe(arguments.last ?? .nil), known: names,
                    remedy: nil)
            })
        if let call = module.call {
            try metatable.set("__call", makeFunction(call, name: module.name, skipping: 1))
        }
        try withStack { state in
            try state.push(.table(table))
            try state.push(.table(metatable))
            clua_setmetatable(state.stack, -2)
        }
        try setGlobal(module.name, .table(table))
        documentation.add(module)
        return table
    }

    /// Creates a global function.
    public func register(_ function: LuaFunction) throws {
        try setGlobal(function.name, makeFunction(function, name: function.name))
        documentation.add(function)
    }

    /// Lets objects of a Swift class be passed to Lua.
    public func register(_ type: LuaType) throws { try register(type, documented: true) }

    func register(_ type: LuaType, documented: Bool) throws {
        let methods = try makeTable()
        for method in type.methods {
            try methods.set(method.name, makeMethod(method, of: type))
        }
        let names = type.methods.map(\.name) + type.properties.map(\.name)
        let metatable = try makeTable()
        try metatable.set("__name", .string(type.name))
        // Hides the metatable from scripts, whose meddling could call the finalizer.
        try metatable.set("__metatable", .string(type.name))
        try setMetamethods(of: type, names: names, in: metatable)
        let number = try withStack { state in
            state.push(metatable)
            clua_sealmetatable(state.stack)
            state.pushText("__index")
            state.push(methods)
            let box = LuaBox { state in try state.index(type, names: names) }
            clua_pushindexer(state.stack, state.host.retain(box))
            _ = clua_rawset(state.stack, -3)
            return state.takeReference()
        }
        types.append(RegisteredType(declaration: type, metatable: number, names: names))
        if documented { documentation.add(type) }
    }

    private func setMetamethods(of type: LuaType, names: [String], in metatable: LuaTable) throws {
        if let call = type.call {
            try metatable.set("__call", makeMethod(call, of: type, name: type.name))
        }
        if let close = type.methods.first(where: { $0.name == Self.closeName }) {
            try metatable.set("__close", makeCloser(close, of: type))
        }
        if let length = type.length {
            try metatable.set(
                "__len",
                makeFunction(name: "#\(type.name)") { arguments in
                    guard let object = arguments.first?.object else {
                        throw Self.closedError(type.name, "#\(type.name)")
                    }
                    return [.integer(try length(object))]
                })
        }
        let toString = type.toString
        try metatable.set(
            "__tostring",
            makeFunction(name: "tostring(\(type.name))") { arguments in
                guard let object = arguments.first?.object else { return [.string("\(type.name) (closed)")] }
                guard let toString else { return [.string(type.name)] }
                return [.string(try toString(object))]
            })
        try metatable.set(
            "__newindex",
            makeFunction(name: type.name) { _ in
                throw LyceumError.unsupported("a \(type.name) cannot be assigned to", remedy: nil)
            })
        if let equals = type.equals {
            try metatable.set(
                "__eq",
                makeFunction(name: "\(type.name) ==") { arguments in
                    guard let a = arguments.first?.object, let b = arguments.last?.object else {
                        return [.boolean(false)]
                    }
                    return [.boolean(try equals(a, b))]
                })
        }
        if type.toString != nil {
            try metatable.set(
                "__concat",
                makeFunction(name: "\(type.name) ..") { [unowned self] arguments in
                    [.string(try arguments.map { try describe($0) }.joined())]
                })
        }
    }

    /// The slow half of `object[key]`: no method is named so.
    private func index(_ type: LuaType, names: [String]) throws -> Int {
        guard let object = readObject(1) else {
            if closedType(at: 1) != nil { throw Self.closedError(type.name, "\(type.name).\(readText(2))") }
            throw LyceumError.failed("not a \(type.name)", remedy: nil)
        }
        let key = read(2)
        if let name = key.string, let property = type.properties.first(where: { $0.name == name }) {
            try push(property.get(object))
            return 1
        }
        if let value = try type.index?(object, key, self) {
            try push(value)
            return 1
        }
        guard case .string(let name) = key else {
            if let position = key.number, let length = type.length {
                throw Self.missingRow(position, try length(object))
            }
            clua_pushnil(stack)
            return 1
        }
        if type.columns?(object).contains(name) == true {
            throw LyceumError.failed(
                "unknown method or field of \(type.name) '\(name)'",
                remedy:
                    "it is a column: :column(\"\(name)\") gives its values, [1].\(name) that of the first row"
            )
        }
        throw LyceumError.unknownName(
            kind: "method or field of \(type.name)", name: name,
            known: names + (type.fields?(object) ?? []), remedy: nil)
    }

    /// The error for a row number that does not exist.
    private static func missingRow(_ position: Double, _ count: Int) -> LyceumError {
        let number = Int(exactly: position).map { "\($0)" } ?? "\(position)"
        let rows =
            count == 0
            ? "there are no rows" : count == 1 ? "there is one row, [1]" : "the rows are 1 to \(count)"
        return .failed("no row \(number)", remedy: rows)
    }

    // MARK: Functions

    /// A Lua function of a declared one.
    ///
    /// - Parameter skipping: how many leading arguments are dropped (the module, for `__call` of a module).
    public func makeFunction(
        _ declaration: LuaFunction, name: String, skipping: Int = 0
    ) throws -> LuaValue {
        let declared = DeclaredFunction(declaration, name: name)
        let box = LuaBox(declared) { state in
            try state.answer(
                LuaCall(
                    state: state, declared: declared, receiver: nil,
                    arguments: state.readArguments(skipping: skipping)))
        }
        return try makeFunction(box)
    }

    /// A Lua function of a Swift closure, without documentation.
    public func makeFunction(
        name: String, _ body: @escaping ([LuaValue]) throws -> [LuaValue]
    ) throws -> LuaValue {
        try makeFunction(
            LuaBox { state in try state.pushResults(body(state.readArguments())) })
    }

    private func makeMethod(_ declaration: LuaFunction, of type: LuaType, name: String? = nil) throws
        -> LuaValue
    {
        let fullName = name ?? "\(type.name):\(declaration.name)"
        let declared = DeclaredFunction(declaration, name: fullName)
        let box = LuaBox(declared) { state in
            guard let object = state.readObject(1), type.matches(object) else {
                if let closed = state.closedType(at: 1) { throw Self.closedError(closed, fullName) }
                throw LyceumError.invalid(
                    fullName, expected: LuaParameter.Kind.object(type.name).expectation + " before ':'",
                    got: state.typeName(state.readArguments().first ?? .nil),
                    remedy: "call it with a colon: object:\(declaration.name)\(declaration.signature)")
            }
            return try state.answer(
                LuaCall(
                    state: state, declared: declared, receiver: object,
                    arguments: state.readArguments(skipping: 1)))
        }
        return try makeFunction(box)
    }

    /// `__close`, which may come after a call of `close`.
    private func makeCloser(_ declaration: LuaFunction, of type: LuaType) throws -> LuaValue {
        try makeFunction(
            LuaBox { state in
                if let object = state.readObject(1), type.matches(object) { try state.close(object) }
                return 0
            })
    }

    private func makeFunction(_ box: LuaBox) throws -> LuaValue {
        try withStack { state in
            clua_pushfunction(state.stack, state.host.retain(box))
            return .function(LuaClosure(state: state, number: state.takeReference()))
        }
    }

    private func answer(_ call: LuaCall) throws -> Int {
        try call.checkCount()
        return try pushResults(call.declared.function.body(call))
    }

    private func readArguments(skipping first: Int = 0) -> [LuaValue] {
        let count = Int(clua_gettop(stack))
        return count > first ? (first + 1...count).map { read(Int32($0)) } : []
    }

    private func pushResults(_ results: [LuaValue]) throws -> Int {
        for result in results { try push(result) }
        return results.count
    }

    // MARK: Objects

    func pushObject(_ object: AnyObject) throws {
        let pointer = Unmanaged.passUnretained(object).toOpaque()
        if clua_pushknown(stack, pointer) { return }
        guard let type = registeredType(of: object) else {
            throw LyceumError.unsupported("objects of class \(Swift.type(of: object)) in Lua", remedy: nil)
        }
        clua_pushobject(stack, host.retain(object), type.metatable)
        if let bytes = type.declaration.byteCount?(object), bytes > 0 { clua_hold(stack, bytes) }
    }

    /// The registered type of an object, the most recent answer kept by class.
    func registeredType(of object: AnyObject) -> RegisteredType? {
        let identifier = ObjectIdentifier(Swift.type(of: object))
        if let known = typeIndex[identifier] { return types[known] }
        guard let found = types.firstIndex(where: { $0.declaration.matches(object) }) else { return nil }
        typeIndex[identifier] = found
        return types[found]
    }

    /// The name of a value's type in messages: Lua's, or that of the registered type.
    public func typeName(_ value: LuaValue) -> String {
        switch value {
        case .nil: return "nil"
        case .boolean: return "boolean"
        case .integer, .number: return "number"
        case .string, .bytes: return "string"
        case .table, .data, .record: return "table"
        case .function: return "function"
        case .null: return "null"
        case .object(let object): return registeredType(of: object)?.declaration.name ?? "object"
        case .other: return closedType(value).map { "a closed \($0)" } ?? "userdata"
        }
    }

    /// The declaration of an object's type.
    public func type(of object: AnyObject) -> LuaType? { registeredType(of: object)?.declaration }

    /// What the prompt shows for an object: its type's preview, else its text.
    ///
    /// - Parameter width: of the screen, in columns.
    public func preview(of object: AnyObject, width: Int) throws -> String {
        let type = type(of: object)
        if let preview = type?.preview { return try preview(object, width) }
        if let toString = type?.toString { return try toString(object) }
        return type?.name ?? "object"
    }

    /// What `show(object, { … })` shows: all that was asked for, or the preview.
    public func shown(_ object: AnyObject, _ options: ShowOptions) throws -> String {
        if let show = type(of: object)?.show { return try show(object, options) }
        return try preview(of: object, width: options.width)
    }

    /// The fields of the records that an object holds under 1, 2, …; nil if it is not a list of records.
    public func columns(of object: AnyObject) -> [String]? { type(of: object)?.columns?(object) }

    /// The texts in a column of the records that an object holds, where they are few; for completion.
    public func columnValues(of object: AnyObject, _ column: String) -> [String] {
        type(of: object)?.columnValues?(object, column) ?? []
    }

    /// The fields of the table that a call of an object takes; nil if it takes none.
    public func callFields(of object: AnyObject) -> [String]? { type(of: object)?.callFields?(object) }

    /// The string keys an object answers to: properties and dynamic fields, methods apart.
    public func fields(of object: AnyObject) -> [String] {
        guard let type = type(of: object) else { return [] }
        return type.properties.map(\.name) + (type.fields?(object) ?? [])
    }
}
