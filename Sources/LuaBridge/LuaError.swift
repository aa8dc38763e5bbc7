import LyceumKit

/// An error that Lua code raised, or that passed through it.
public struct LuaError: Error, Sendable, CustomStringConvertible {
    /// One line or more: where ("script.lua:3: ") and what.
    public let message: String
    /// Lua's traceback of the place where it was raised; nil for syntax errors.
    public let traceback: String?
    /// The Swift error that started it, with its type; nil if Lua code raised it.
    public let underlying: (any Error)?
    /// Whether the user interrupted the script.
    public let isInterrupt: Bool
    /// Finds the raised Lua value again while this error travels through Swift.
    let identifier: Int

    /// Whether the text that did not compile may be the beginning of a longer one.
    public var isIncomplete: Bool {
        // A quoted string, unlike a long one, ends with its line.
        traceback == nil && message.hasSuffix("<eof>") && !message.contains(": unfinished string near")
    }

    /// The message.
    public var description: String { message }
}

/// The Lua value that stands for a Swift error, so that `error(e)` in a script keeps its type.
final class LuaErrorObject {
    let error: any Error
    /// "script.lua:3: ", or empty.
    let location: String

    init(_ error: any Error, location: String) {
        self.error = error
        self.location = location
    }

    var message: String { location + LyceumError.text(of: error) }
}

extension LuaState {
    /// Pushes what a Swift function threw, to be raised.
    func pushError(_ error: any Error) {
        if let error = error as? LuaError, let unwinding, unwinding.error.identifier == error.identifier,
            (try? push(unwinding.value)) != nil
        {
            return
        }
        let location = (error as? LuaError) == nil ? callerLocation() : ""
        if (try? push(.object(LuaErrorObject(error, location: location)))) == nil {
            pushText("\(location)\(error)")
        }
    }

    /// "chunk:line: " of the Lua code that called the running function.
    func callerLocation() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            return location(into: start, size: buffer.count)
        }
    }

    /// Turns the error value and the traceback on top of the stack into a Swift error.
    func takeError() -> LuaError {
        let value = read(-2)
        let isSame = unwinding.map { isRawEqual($0.value, at: -2) } ?? false
        if isSame, let unwinding { return unwinding.error }
        let raised = value.object as? LuaErrorObject
        // Asked before anything else runs Lua code, which would end the interrupt.
        let isInterrupt = isInterrupted || raised?.isCancellation == true
        let text = raised?.message ?? value.string ?? content(of: value) ?? describe(at: -2)
        errorCount &+= 1
        let error = LuaError(
            message: explained(text), traceback: read(-1).string, underlying: raised?.error,
            isInterrupt: isInterrupt, identifier: errorCount)
        unwinding = (error, value)
        return error
    }

    /// A table that was raised, written out: `error({ code = 1 })`. Nil for everything else.
    private func content(of value: LuaValue) -> String? {
        guard let table = value.table, (try? table.hasMetatable()) == false else { return nil }
        return try? ValuePrinter(self, style: Style(isColoured: false), width: 100).text(value)
    }

    /// The type of the value that stands for a Swift error.
    static var errorType: LuaType {
        LuaType(
            LuaErrorObject.self, name: "error", summary: "an error raised by Lyceum",
            properties: [
                LuaProperty("message", "the text, with the place") { (error: LuaErrorObject) in
                    .string(error.message)
                }
            ],
            index: { error, key, state in try state.stringMethod(key, of: error.message) },
            toString: { $0.message })
    }

    /// A method of strings, bound to a text, so that scripts can treat an error as one: `e:find("x")`.
    private func stringMethod(_ key: LuaValue, of text: String) throws -> LuaValue? {
        guard let name = key.string, let method = try library("string").get(name).function else { return nil }
        return try makeFunction(name: "error:\(name)") { arguments in
            try method([.string(text)] + arguments.dropFirst())
        }
    }
}

extension LuaErrorObject {
    fileprivate var isCancellation: Bool {
        if case .cancelled = error as? LyceumError { return true }
        return error is CancellationError
    }
}
