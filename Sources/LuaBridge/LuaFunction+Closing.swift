import CLua
import LyceumKit

// Objects that can be given up before Lua's collector finds them.
extension LuaFunction {
    /// The method `close` of a type of objects that hold much memory, also called by `local x <close> = …`.
    ///
    /// - Parameters:
    ///   - type: the name of the type.
    ///   - remedy: what to do in order to have one again: "load it again".
    ///   - setUp: what is there before the example.
    ///   - example: Lua code.
    public static func closing(
        _ type: String, remedy: String, setUp: SetUp? = nil, example: String
    ) -> LuaFunction {
        LuaFunction(
            name: LuaState.closeName,
            summary:
                "Frees its memory now, unless something else uses it. Using it afterwards is an error.",
            returns: "nothing", errors: ["a \(type) that is used after it was closed: \(remedy)"],
            setUp: setUp, example: example,
            body: { call in
                if let receiver = call.receiver { try call.state.close(receiver) }
                return []
            })
    }
}

extension LuaState {
    static let closeName = "close"

    /// Gives up Lua's claim on an object; Lua code that still has it gets errors.
    func close(_ object: AnyObject) throws {
        try withStack { state in
            guard clua_pushknown(state.stack, Unmanaged.passUnretained(object).toOpaque()) else { return }
            clua_closeobject(state.stack, -1)
        }
    }

    /// The name of the type of the closed object at an index: "student"; nil for everything else.
    func closedType(at index: Int32) -> String? {
        guard clua_isclosed(stack, index), clua_getmetatable(stack, index) else { return nil }
        defer { clua_settop(stack, -3) }
        _ = clua_rawgetfield(stack, -1, "__name", 6)
        return readText(-1)
    }

    /// The name of the type of a value that is a closed object.
    func closedType(_ value: LuaValue) -> String? {
        guard case .other(let reference) = value, reference.state === self else { return nil }
        push(reference)
        defer { clua_settop(stack, -2) }
        return closedType(at: -1)
    }

    /// The error for the use of a closed object.
    static func closedError(_ type: String, _ place: String) -> LyceumError {
        .failed("\(place): this \(type) was closed", remedy: "make or load it again, or close it later")
    }
}
