import CLua
import LyceumKit

// Data between Lua and Swift: JSON-like values, copied.
//
// A null field of an object becomes an absent field, as Lua has it; a null element of a list becomes a sentinel,
// so that the elements behind it stay where they are. An empty list remembers that it is one.
extension LuaState {
    /// How deep data may be nested, in either direction.
    static let deepestData = 200

    /// A value as data.
    ///
    /// - Throws: `LyceumError.invalid` for functions, objects, cycles, tables that are neither list nor object.
    public func data(_ value: LuaValue) throws -> Value {
        try withStack { state in
            try state.push(value)
            return try state.readData(-1)
        }
    }

    // MARK: To Lua

    func pushData(_ data: Value, depth: Int) throws {
        guard depth < Self.deepestData else {
            throw LyceumError.invalid(
                "data for Lua", expected: "at most \(Self.deepestData) levels", got: "more", remedy: nil)
        }
        try reserve(4)
        switch data {
        case .null: clua_pushnil(stack)
        case .bool(let flag): clua_pushboolean(stack, flag)
        case .integer(let number): clua_pushinteger(stack, Int64(number))
        case .number(let number): clua_pushnumber(stack, number)
        case .string(let text): pushText(text)
        case .list(let elements):
            clua_newtable(stack, Int32(clamping: elements.count), 0)
            for (position, element) in elements.enumerated() {
                if element.isNull { clua_pushnull(stack) } else { try pushData(element, depth: depth + 1) }
                clua_rawseti(stack, -2, Int64(position) + 1)
            }
            if elements.isEmpty {
                clua_pushref(stack, emptyListMetatable)
                clua_setmetatable(stack, -2)
            }
        case .object(let fields):
            clua_newtable(stack, 0, Int32(clamping: fields.count))
            for (name, value) in fields where !value.isNull {
                pushText(name)
                try pushData(value, depth: depth + 1)
                _ = clua_rawset(stack, -3)
            }
            keepOrder(of: fields)
        }
    }

    func pushRecord(_ record: Record) throws {
        try reserve(8)
        pushColumns(record.columns)
        clua_newtable(stack, 0, Int32(clamping: record.columns.count))
        for (name, value) in zip(record.columns, record.values) where !value.isNull {
            pushText(name)
            try pushData(value, depth: 1)
            _ = clua_rawset(stack, -3)
        }
        clua_sealrecord(stack)
    }

    /// Pushes the list of a record's column names: one for all records of a dataset.
    private func pushColumns(_ columns: [String]) {
        if let columnList, columnList.columns == columns {
            return clua_pushref(stack, columnList.list.number)
        }
        clua_newtable(stack, Int32(clamping: columns.count), 0)
        for (position, name) in columns.enumerated() {
            pushText(name)
            clua_rawseti(stack, -2, Int64(position) + 1)
        }
        clua_pushvalue(stack, -1)
        columnList = (columns, LuaReference(state: self, number: takeReference()))
    }

    // MARK: From Lua

    /// The value at an index of the stack as data.
    func readData(_ index: Int32) throws -> Value {
        var open: [UnsafeRawPointer] = []
        return try readData(index, path: [], open: &open)
    }

    /// - Parameters:
    ///   - path: the keys that lead here, for errors.
    ///   - open: the tables that this one is in, to notice cycles.
    private func readData(
        _ index: Int32, path: [String], open: inout [UnsafeRawPointer]
    ) throws -> Value {
        func refuse(_ got: String, _ remedy: String? = nil) -> LyceumError {
            .invalid(
                path.isEmpty ? "data" : "data at '\(path.joined(separator: "."))'",
                expected: "strings, numbers, booleans and tables of them", got: got, remedy: remedy)
        }
        switch read(scalar: index) {
        case .nil, .null: return .null
        case .boolean(let flag): return .bool(flag)
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        case .string(let text): return .string(text)
        case .bytes: throw refuse("a string that is not valid UTF-8", "convert the text to UTF-8")
        case .some(let value): throw refuse(typeName(value), dataAdvice(value))
        case nil: break
        }
        if clua_pushfields(stack, index) {
            defer { clua_settop(stack, -2) }
            return try readData(-1, path: path, open: &open)
        }
        guard let identity = clua_topointer(stack, index) else { throw refuse("a table") }
        if open.contains(identity) { throw refuse("a table that contains itself") }
        guard open.count < Self.deepestData else {
            throw refuse("a table nested more than \(Self.deepestData) levels deep")
        }
        open.append(identity)
        defer { open.removeLast() }
        try reserve(6)
        return try readTable(clua_absindex(stack, index), path: path, open: &open, refuse: refuse)
    }

    private func readTable(
        _ table: Int32, path: [String], open: inout [UnsafeRawPointer],
        refuse: (String, String?) -> LyceumError
    ) throws -> Value {
        let count = Int(clamping: clua_rawlen(stack, table))
        var fields: [String: Value] = [:]
        var listed = 0
        try forEachEntry(at: table) {
            switch read(-2) {
            case .string(let name):
                fields[name] = try readData(-1, path: path + [name], open: &open)
            case .integer(let position) where position >= 1 && position <= count:
                listed += 1
            case .integer(let position):
                throw refuse("a list with a gap before position \(position)", "fill the gap or use names")
            case let key:
                throw refuse("a table with a \(typeName(key)) as key", "use names or positions 1, 2, 3, …")
            }
            if listed > 0, !fields.isEmpty {
                throw refuse("a table with both positions and names", "use one or the other")
            }
        }
        if listed < count { throw refuse("a list with gaps", "fill the gaps or use names") }
        if count == 0 {
            return fields.isEmpty && isEmptyList(table) ? .list([]) : .object(ordered(fields, of: table))
        }
        var elements: [Value] = []
        elements.reserveCapacity(count)
        for position in 1...count {
            _ = clua_rawgeti(stack, table, Int64(position))
            elements.append(try readData(-1, path: path + ["\(position)"], open: &open))
            clua_settop(stack, -2)
        }
        return .list(elements)
    }

    /// What to give instead of a value that is not data.
    private func dataAdvice(_ value: LuaValue) -> String? {
        if value.function != nil { return "call it, or leave it out" }
        guard let object = value.object, let type = type(of: object) else { return nil }
        if let advice = type.dataAdvice { return advice }
        let fields = self.fields(of: object) + type.properties.map(\.name)
        if fields.isEmpty { return nil }
        return "give what you need of it; its fields are \(fields.prefix(6).joined(separator: ", "))"
            + (fields.count > 6 ? ", …" : "")
    }

    /// The value at an index unless it is a table.
    private func read(scalar index: Int32) -> LuaValue? {
        clua_type(stack, index) == CLUA_TABLE ? nil : read(index)
    }

    /// Whether the table at an index came from an empty list.
    private func isEmptyList(_ table: Int32) -> Bool {
        guard clua_getmetatable(stack, table) else { return false }
        clua_pushref(stack, emptyListMetatable)
        defer { clua_settop(stack, -3) }
        return clua_rawequal(stack, -1, -2)
    }
}
