import CLua
import LyceumKit

/// Keeps one Lua value alive for as long as Swift holds this object.
///
/// Used on the thread of its state. Only the end of its life may come on any thread: the value is then given
/// back when the state is next used.
public class LuaReference {
    private(set) weak var state: LuaState?
    let number: Int32
    private let host: LuaHost

    /// Takes over a reference made by `clua_ref`.
    init(state: LuaState, number: Int32) {
        self.state = state
        self.number = number
        host = state.host
    }

    deinit { host.abandon(number) }

    /// The state, for use.
    ///
    /// - Throws: `LyceumError.failed` if it has been closed.
    func open() throws -> LuaState {
        guard let state else {
            throw LyceumError.failed("the Lua state of this value has been closed", remedy: nil)
        }
        return state
    }
}

/// A reference to a Lua function.
public final class LuaClosure: LuaReference {
    /// Calls the function, as `LuaState.call(_:_:)` does.
    @discardableResult
    public func callAsFunction(_ arguments: [LuaValue] = []) throws -> [LuaValue] {
        try open().call(self, arguments)
    }
}

/// A reference to a Lua table. All access is raw: no metamethod runs. Of a record it sees the fields.
public final class LuaTable: LuaReference {
    /// The record whose fields these are, as Lua knows it; nil for every other table.
    let record: LuaReference?

    init(state: LuaState, number: Int32, record: LuaReference? = nil) {
        self.record = record
        super.init(state: state, number: number)
    }

    /// The column names of a record, in the order of its dataset, those without a value included; nil for every
    /// other table.
    public func columns() throws -> [String]? {
        guard let record else { return nil }
        return try open().withStack { state in
            state.push(record)
            guard clua_pushcolumns(state.stack, -1) else { return nil }
            let count = Int(clamping: clua_rawlen(state.stack, -1))
            return (0..<count).map { position in
                _ = clua_rawgeti(state.stack, -1, Int64(position) + 1)
                defer { clua_settop(state.stack, -2) }
                return state.readText(-1)
            }
        }
    }

    /// Makes another table the metatable of this one.
    public func setMetatable(_ metatable: LuaTable) throws {
        try open().withStack { state in
            state.push(self)
            state.push(metatable)
            clua_setmetatable(state.stack, -2)
        }
    }

    /// The value of a field; `nil` if there is none.
    public func get(_ name: String) throws -> LuaValue {
        try open().withStack { state in
            state.push(self)
            state.pushText(name)
            _ = clua_rawget(state.stack, -2)
            return state.read(-1)
        }
    }

    /// The element at a position, counted from 1; `nil` if there is none.
    public func get(_ position: Int) throws -> LuaValue {
        try open().withStack { state in
            state.push(self)
            _ = clua_rawgeti(state.stack, -1, Int64(position))
            return state.read(-1)
        }
    }

    /// Sets a field; `nil` removes it.
    public func set(_ name: String, _ value: LuaValue) throws {
        try open().withStack { state in
            state.push(self)
            state.pushText(name)
            try state.push(value)
            _ = clua_rawset(state.stack, -3)
        }
    }

    /// Sets the element at a position, counted from 1.
    public func set(_ position: Int, _ value: LuaValue) throws {
        try open().withStack { state in
            state.push(self)
            try state.push(value)
            clua_rawseti(state.stack, -2, Int64(position))
        }
    }

    /// The length of the list part, as Lua's `#` without metamethods.
    public func count() throws -> Int {
        try open().withStack { state in
            state.push(self)
            return Int(clamping: clua_rawlen(state.stack, -1))
        }
    }

    /// The elements 1, 2, … up to the length of the list part.
    public func elements() throws -> [LuaValue] {
        try open().withStack { state in
            state.push(self)
            let count = Int(clamping: clua_rawlen(state.stack, -1))
            var elements: [LuaValue] = []
            for position in 0..<count {
                _ = clua_rawgeti(state.stack, -1, Int64(position) + 1)
                elements.append(state.read(-1))
                clua_settop(state.stack, -2)
            }
            return elements
        }
    }

    /// A key that is none of the positions 1, 2, … of the list part: a name, or a position behind a gap; nil if there is
    /// none, as in a list, or in what `table.pack` gives.
    public func strayKey() throws -> LuaValue? {
        try open().withStack { state in
            state.push(self)
            let count = Int(clamping: clua_rawlen(state.stack, -1))
            var stray: LuaValue?
            try state.forEachEntry(at: -1) {
                if stray != nil { return }
                let key = state.read(-2)
                if case .integer(let position) = key, position >= 1, position <= count { return }
                if key.string == "n", state.read(-1).integer == count { return }
                stray = key
            }
            return stray
        }
    }

    /// Every key with its value, in Lua's (arbitrary) order.
    public func entries() throws -> [(key: LuaValue, value: LuaValue)] {
        try open().withStack { state in
            state.push(self)
            var entries: [(key: LuaValue, value: LuaValue)] = []
            try state.forEachEntry(at: -1) { entries.append((state.read(-2), state.read(-1))) }
            return entries
        }
    }

    /// An address that is equal exactly for references to the same table.
    public func identity() throws -> UnsafeRawPointer? {
        try open().withStack { state in
            state.push(self)
            return clua_topointer(state.stack, -1)
        }
    }

    /// Whether the table has a metatable, and so may behave unlike plain data.
    public func hasMetatable() throws -> Bool {
        try open().withStack { state in
            state.push(self)
            return clua_getmetatable(state.stack, -1)
        }
    }

    /// The table as data: a list if its keys are 1…n, an object if they are strings.
    ///
    /// - Throws: `LyceumError.invalid` if it holds anything that is not data (functions, objects), contains
    ///   itself, mixes list and named entries, or is nested too deeply.
    public func value() throws -> Value {
        try open().withStack { state in
            state.push(self)
            return try state.readData(-1)
        }
    }
}

extension LuaState {
    /// The metatable of a table; nil if it has none.
    func metatable(of table: LuaTable) throws -> LuaTable? {
        try withStack { state in
            state.push(table)
            guard clua_getmetatable(state.stack, -1) else { return nil }
            return LuaTable(state: state, number: state.takeReference())
        }
    }
}
