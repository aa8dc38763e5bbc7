import CLua
import LyceumKit

// How values get onto Lua's stack and off it.
extension LuaState {
    // MARK: Pushing

    /// Pushes a value.
    ///
    /// - Throws: `LyceumError` if it belongs to another state, its class is not registered, or data is nested
    ///   too deeply.
    func push(_ value: LuaValue) throws {
        try reserve(4)
        switch value {
        case .nil: clua_pushnil(stack)
        case .boolean(let flag): clua_pushboolean(stack, flag)
        case .integer(let number): clua_pushinteger(stack, Int64(number))
        case .number(let number): clua_pushnumber(stack, number)
        case .string(let text): pushText(text)
        case .bytes(let bytes): pushBytes(bytes)
        case .table(let table): try pushForeign(table.record ?? table)
        case .function(let function): try pushForeign(function)
        case .other(let reference): try pushForeign(reference)
        case .object(let object): try pushObject(object)
        case .null: clua_pushnull(stack)
        case .data(let data): try pushData(data, depth: 0)
        case .record(let record): try pushRecord(record)
        }
    }

    /// Pushes a value of this state.
    func push(_ reference: LuaReference) { clua_pushref(stack, reference.number) }

    private func pushForeign(_ reference: LuaReference) throws {
        guard reference.state === self else {
            throw LyceumError.failed("a Lua value of another interpreter cannot be used here", remedy: nil)
        }
        push(reference)
    }

    /// Pushes a string.
    func pushText(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { clua_pushstring(stack, $0.baseAddress, $0.count) }
        }
    }

    private func pushBytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { clua_pushstring(stack, $0.baseAddress, $0.count) }
        }
    }

    /// Pops the value on top of the stack and keeps it.
    func takeReference() -> Int32 { clua_ref(stack) }

    /// The reference to a copy of a value on the stack.
    private func reference(at index: Int32) -> Int32 {
        clua_pushvalue(stack, index)
        return clua_ref(stack)
    }

    // MARK: Reading

    /// The value at an index of the stack.
    func read(_ index: Int32) -> LuaValue {
        switch clua_type(stack, index) {
        case CLUA_NIL, CLUA_NONE: return .nil
        case CLUA_BOOLEAN: return .boolean(clua_toboolean(stack, index))
        case CLUA_NUMBER:
            return clua_isinteger(stack, index)
                ? .integer(Int(clua_tointeger(stack, index))) : .number(clua_tonumber(stack, index))
        case CLUA_STRING: return readString(index)
        case CLUA_TABLE:
            // Whoever reads a record in Swift sees its fields, and gives Lua the record back.
            guard clua_pushfields(stack, index) else {
                return .table(LuaTable(state: self, number: reference(at: index)))
            }
            let fields = clua_ref(stack)
            let record = LuaReference(state: self, number: reference(at: index))
            return .table(LuaTable(state: self, number: fields, record: record))
        case CLUA_FUNCTION: return .function(LuaClosure(state: self, number: reference(at: index)))
        case CLUA_LIGHT_USERDATA where clua_isnull(stack, index): return .null
        case CLUA_USERDATA:
            if let object = readObject(index) { return .object(object) }
            return .other(LuaReference(state: self, number: reference(at: index)))
        default: return .other(LuaReference(state: self, number: reference(at: index)))
        }
    }

    /// The string at an index, as text if it is valid UTF-8.
    private func readString(_ index: Int32) -> LuaValue {
        let bytes = stringBytes(index)
        if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
        return .bytes(Array(bytes))
    }

    /// The string at an index, damaged UTF-8 repaired; empty for anything else.
    func readText(_ index: Int32) -> String { String(decoding: stringBytes(index), as: UTF8.self) }

    /// The bytes of the string at an index, valid while it is on the stack.
    private func stringBytes(_ index: Int32) -> UnsafeRawBufferPointer {
        var size = 0
        let start = clua_tostring(stack, index, &size)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : size)
    }

    /// The host object at an index.
    func readObject(_ index: Int32) -> AnyObject? {
        clua_toobject(stack, index).map { Unmanaged<AnyObject>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whether the value at an index is this one, without metamethods.
    func isRawEqual(_ value: LuaValue, at index: Int32) -> Bool {
        let absolute = clua_absindex(stack, index)
        guard (try? push(value)) != nil else { return false }
        defer { clua_settop(stack, -2) }
        return clua_rawequal(stack, -1, absolute)
    }

    /// Runs `body` for each entry of the table at an index, with the key at -2 and the value at -1.
    func forEachEntry(at index: Int32, _ body: () throws -> Void) throws {
        try reserve(6)
        let table = clua_absindex(stack, index)
        clua_pushnil(stack)
        while true {
            switch clua_next(stack, table) {
            case 1:
                try body()
                clua_settop(stack, -2)
            case 0: return
            default: throw LyceumError.failed("the table changed while it was being read", remedy: nil)
            }
        }
    }

    /// The place of the calling Lua code, written through a buffer.
    func location(into buffer: UnsafeMutablePointer<CChar>, size: Int) -> String {
        clua_where(stack, buffer, size)
        return String(cString: buffer)
    }

    // MARK: Globals

    /// The value of a global variable, without metamethods.
    public func global(_ name: String) throws -> LuaValue { try globals().get(name) }

    /// Sets a global variable.
    public func setGlobal(_ name: String, _ value: LuaValue) throws { try globals().set(name, value) }

    /// The table of global variables.
    public func globals() throws -> LuaTable {
        try withStack { state in
            clua_pushglobals(state.stack)
            return LuaTable(state: state, number: state.takeReference())
        }
    }

    /// The names of all global variables, unsorted.
    public func globalNames() -> [String] {
        (try? globals().entries().compactMap(\.key.string)) ?? []
    }

    /// A new empty table.
    public func makeTable() throws -> LuaTable {
        try withStack { state in
            clua_newtable(state.stack, 0, 0)
            return LuaTable(state: state, number: state.takeReference())
        }
    }

    /// A standard library.
    func library(_ name: String) throws -> LuaTable {
        guard let table = try global(name).table else {
            throw LyceumError.failed("the global '\(name)' has been replaced", remedy: nil)
        }
        return table
    }
}
