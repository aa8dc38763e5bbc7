/// A property of a host object, read with a dot: `run.steps`.
public struct LuaProperty {
    /// The name.
    public let name: String
    /// What it is, in a line.
    public let summary: String
    let get: (AnyObject) throws -> LuaValue

    /// Declares a property of objects of class `T`.
    public init<T>(_ name: String, _ summary: String, get: @escaping (T) throws -> LuaValue) {
        self.name = name
        self.summary = summary
        self.get = { object in
            guard let typed = object as? T else { return .nil }
            return try get(typed)
        }
    }
}

/// What Lua can do with objects of a Swift class, declared with its documentation.
public struct LuaType {
    /// The name in messages: "dataset".
    public let name: String
    /// What it is, in a sentence.
    public let summary: String
    /// Functions called with a colon; their bodies use `call.receiver(T.self)`.
    public let methods: [LuaFunction]
    /// Values read with a dot.
    public let properties: [LuaProperty]
    /// What calling an object does: `gpt "…"`; its body uses `call.receiver(T.self)`.
    public let call: LuaFunction?
    let matches: (AnyObject) -> Bool
    let length: ((AnyObject) throws -> Int)?
    let index: ((AnyObject, LuaValue, LuaState) throws -> LuaValue?)?
    let fields: ((AnyObject) -> [String])?
    let columns: ((AnyObject) -> [String])?
    let callFields: ((AnyObject) -> [String])?
    let toString: ((AnyObject) throws -> String)?
    let preview: ((AnyObject, Int) throws -> String)?
    let columnValues: ((AnyObject, String) -> [String])?
    let show: ((AnyObject, ShowOptions) throws -> String)?
    let equals: ((AnyObject, AnyObject) throws -> Bool)?
    let byteCount: ((AnyObject) -> Int)?
    let dataAdvice: String?

    /// Declares a type.
    ///
    /// - Parameters:
    ///   - swiftType: a class, or a protocol that classes conform to. Of several declarations that fit an
    ///     object the one registered first counts.
    ///   - length: what `#object` gives.
    ///   - index: what `object[key]` gives where no method or property is named so; nil is "there is none".
    ///   - fields: the string keys that `index` answers for this object, for completion and suggestions.
    ///   - columns: the fields of the records that `object[1]`, `object[2]`, … are, for completion.
    ///   - callFields: the fields of the table that `object { … }` takes, for completion.
    ///   - toString: what `tostring(object)` gives; the type's name if absent.
    ///   - preview: what the prompt shows, given the width of the screen in columns; may have several lines.
    ///   - columnValues: the texts that a column of these records holds, where they are few; for completion.
    ///   - show: what `show(object, { … })` shows; the preview if absent.
    ///   - equals: what `==` says of two objects of this type that are not the same.
    ///   - byteCount: the bytes that a new object keeps from being freed, roughly; Lua collects garbage the sooner.
    ///   - dataAdvice: what to give where data is expected and not an object; its fields are named if nil.
    public init<T>(
        _ swiftType: T.Type, name: String, summary: String, methods: [LuaFunction] = [],
        properties: [LuaProperty] = [], call: LuaFunction? = nil, length: ((T) throws -> Int)? = nil,
        index: ((T, LuaValue, LuaState) throws -> LuaValue?)? = nil, fields: ((T) -> [String])? = nil,
        columns: ((T) -> [String])? = nil, callFields: ((T) -> [String])? = nil,
        toString: ((T) throws -> String)? = nil, preview: ((T, _ width: Int) throws -> String)? = nil,
        columnValues: ((T, _ column: String) -> [String])? = nil,
        show: ((T, ShowOptions) throws -> String)? = nil, equals: ((T, T) throws -> Bool)? = nil,
        byteCount: ((T) -> Int)? = nil, dataAdvice: String? = nil
    ) {
        self.dataAdvice = dataAdvice
        self.name = name
        self.summary = summary
        self.methods = methods
        self.properties = properties
        self.call = call
        matches = { $0 is T }
        self.length = length.map { length in
            { object in
                guard let typed = object as? T else { return 0 }
                return try length(typed)
            }
        }
        self.index = index.map { index in
            { object, key, state in
                guard let typed = object as? T else { return nil }
                return try index(typed, key, state)
            }
        }
        self.fields = fields.map { fields in { ($0 as? T).map(fields) ?? [] } }
        self.columns = columns.map { columns in { ($0 as? T).map(columns) ?? [] } }
        self.callFields = callFields.map { fields in { ($0 as? T).map(fields) ?? [] } }
        self.toString = toString.map { toString in
            { object in
                guard let typed = object as? T else { return name }
                return try toString(typed)
            }
        }
        self.columnValues = columnValues.map { values in
            { object, column in (object as? T).map { values($0, column) } ?? [] }
        }
        self.show = show.map { show in
            { object, options in
                guard let typed = object as? T else { return name }
                return try show(typed, options)
            }
        }
        self.equals = equals.map { equals in
            { a, b in
                guard let a = a as? T, let b = b as? T else { return false }
                return try equals(a, b)
            }
        }
        self.byteCount = byteCount.map { count in { ($0 as? T).map(count) ?? 0 } }
        self.preview = preview.map { preview in
            { object, width in
                guard let typed = object as? T else { return name }
                return try preview(typed, width)
            }
        }
    }
}
