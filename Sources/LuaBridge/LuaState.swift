import CLua
import Glibc
import LyceumKit

/// A Lua 5.4 interpreter with its standard libraries.
///
/// Everything happens on one thread. No method of this module lets a Lua error jump over a Swift frame: Lua is
/// entered through protected calls only, and Swift functions return to C before their errors are raised.
public final class LuaState {
    /// The documentation of everything that was registered.
    public let documentation = LuaDocumentation()
    let host = LuaHost()
    /// The thread (coroutine) whose stack is in use.
    private(set) var stack: OpaquePointer
    private let main: OpaquePointer
    /// Calls from Swift into Lua that have not returned yet.
    private var depth = 0
    /// The error that travels upwards, with the Lua value that was raised.
    var unwinding: (error: LuaError, value: LuaValue)?
    var errorCount = 0
    var types: [RegisteredType] = []
    var typeIndex: [ObjectIdentifier: Int] = [:]
    var emptyListMetatable: Int32 = 0
    var fieldOrders = FieldOrders()
    /// Shows text on the screen at once, where the value of the running line will be; nil away from the prompt.
    public var liveOutput: ((String) -> Void)?
    /// What `liveOutput` has shown of the value of the running line; it need not be printed again.
    public var shownText: String?
    /// What a function that was stopped had made until then, for whoever ran the code: the prompt puts it into `_`.
    public var leftOver: LuaValue?
    /// What the prompt says below the value of the running line: how long an answer took.
    public var remark: String?
    /// The object that the prompt does not show as the value of the running line: what was saved, which says where it
    /// went instead.
    public var quietValue: AnyObject?
    /// The column names of the records that were pushed last.
    var columnList: (columns: [String], list: LuaReference)?
    /// What Lua code may use.
    var limits = LuaLimits()

    /// Opens an interpreter.
    ///
    /// - Throws: `LyceumError.failed` if there is no memory for it.
    public init() throws {
        let context = Unmanaged.passUnretained(host).toOpaque()
        guard let opened = clua_open(context, LuaHost.callbacks) else {
            throw LyceumError.failed("Lua cannot be started", remedy: "free some memory")
        }
        main = opened
        stack = opened
        host.state = self
        clua_newtable(stack, 0, 1)
        // Every empty list has this one: a script must not get at it.
        pushText("list")
        clua_rawsetfield(stack, -2, "__metatable", 11)
        emptyListMetatable = clua_ref(stack)
        try register(Self.errorType, documented: false)
        try makeRecordsStrict()
    }

    deinit {
        unwinding = nil
        columnList = nil
        host.state = nil
        clua_close(main)
    }

    /// The version of Lua: "Lua 5.4.4".
    public static var version: String { String(cString: clua_version()) }

    /// Host objects that Lua holds at the moment; for leak tests.
    public var liveObjects: Int { host.liveObjects }

    /// Swift functions that Lua holds at the moment; for leak tests.
    public var liveFunctions: Int { host.liveFunctions }

    /// Frees everything that Lua cannot reach any more.
    public func collectGarbage() {
        unwinding = nil
        dropAbandoned()
        clua_collect(stack)
    }

    // MARK: Running code

    /// Compiles Lua source text.
    ///
    /// - Parameters:
    ///   - text: the source; a first line that begins with `#` is skipped.
    ///   - name: named in messages: "prompt", or "@" and the path of a file.
    /// - Throws: `LuaError` with the syntax error.
    public func load(_ text: String, name: String) throws -> LuaClosure {
        var source = text
        if source.hasPrefix("#") {
            // The line break stays, so that line numbers remain right.
            source = String(source[(source.firstIndex { $0.isNewline } ?? source.endIndex)...])
        }
        return try withStack { state in
            let isCompiled = source.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    clua_load(
                        state.stack, $0.baseAddress, $0.count, name.hasPrefix("@") ? name : "=" + name)
                }
            }
            guard isCompiled else {
                state.errorCount &+= 1
                throw LuaError(
                    message: Self.explained(syntax: state.describe(at: -1), in: source), traceback: nil,
                    underlying: nil, isInterrupt: false,
                    identifier: state.errorCount)
            }
            return LuaClosure(state: state, number: state.takeReference())
        }
    }

    /// Compiles and runs Lua source text.
    ///
    /// - Returns: what the chunk returns.
    /// - Throws: `LuaError`.
    @discardableResult
    public func run(_ text: String, name: String = "chunk", arguments: [LuaValue] = []) throws -> [LuaValue] {
        try call(load(text, name: name), arguments)
    }

    /// Calls a Lua function.
    ///
    /// - Returns: all its results.
    /// - Throws: `LuaError`; its `underlying` is the Swift error where a Swift function threw one.
    @discardableResult
    public func call(_ function: LuaClosure, _ arguments: [LuaValue] = []) throws -> [LuaValue] {
        try withStack { state in
            let base = clua_gettop(state.stack)
            try state.reserve(arguments.count + 4)
            state.push(function)
            for argument in arguments { try state.push(argument) }
            guard state.protectedCall({ clua_call(state.stack, Int32(arguments.count)) }) else {
                throw state.takeError()
            }
            // Code that had to stop and did not notice, or caught the error as its last act, has not succeeded.
            if state.depth == 0, clua_takeunheard(state.stack, base) { throw state.takeError() }
            let top = clua_gettop(state.stack)
            return (base..<top).map { state.read($0 + 1) }
        }
    }

    /// A value as text, the way Lua's `tostring` gives it.
    ///
    /// - Throws: `LuaError` if its `__tostring` fails.
    public func describe(_ value: LuaValue) throws -> String {
        try withStack { state in
            try state.push(value)
            guard state.protectedCall({ clua_describe(state.stack, -1) }) else { throw state.takeError() }
            return state.readText(-1)
        }
    }

    /// The text of a value for a message; never throws.
    func describe(at index: Int32) -> String {
        guard protectedCall({ clua_describe(stack, index) }) else {
            clua_settop(stack, -3)
            return "(an error value whose __tostring fails)"
        }
        defer { clua_settop(stack, -2) }
        return readText(-1)
    }

    private func protectedCall(_ body: () -> Bool) -> Bool {
        if depth == 0 {
            clua_resume(main)
            Interrupt.clear()
        }
        depth += 1
        defer { depth -= 1 }
        return body()
    }

    // MARK: Interrupts

    /// Makes the Lua code that is running raise "interrupted", whatever `pcall` it is in, until the outermost
    /// call from Swift has returned.
    public func interrupt() { clua_interrupt(main) }

    /// From now on Ctrl-C (SIGINT) interrupts this state and raises `Interrupt` for long Swift work, and SIGTERM
    /// and SIGHUP do so for good.
    ///
    /// Lua code stops at its next instruction, in whichever coroutine. A second Ctrl-C that nothing has answered
    /// is urgent, a third ends the process with status 130; so does a second SIGTERM or SIGHUP, with 128 + its
    /// number. The state is expected to live on the main thread.
    public func catchInterrupts() {
        Interrupt.prepare()
        clua_catchsignals(main) { signal, count in
            if signal == SIGINT { Interrupt.raise(isUrgent: count > 1) } else { Interrupt.leave(signal) }
        }
    }

    /// Whether an interrupt is under way.
    var isInterrupted: Bool { clua_interrupted(main) }

    // MARK: The stack in use

    /// Runs `body` with another thread's stack.
    func onStack<R>(_ other: OpaquePointer, _ body: () -> R) -> R {
        let previous = stack
        stack = other
        defer { stack = previous }
        return body()
    }

    /// Runs `body` and removes whatever it left on the stack.
    func withStack<R>(_ body: (LuaState) throws -> R) throws -> R {
        dropAbandoned()
        let used = stack
        let top = clua_gettop(used)
        try reserve(12)
        defer { clua_settop(used, top) }
        return try body(self)
    }

    /// Makes sure that `count` more values fit on the stack.
    func reserve(_ count: Int) throws {
        guard let extra = Int32(exactly: count), clua_checkstack(stack, extra) else {
            throw LyceumError.failed("too many values for Lua's stack", remedy: "pass a table instead")
        }
    }

    /// Gives back the references that Swift has dropped.
    func dropAbandoned() {
        for number in host.takeAbandoned() { clua_unref(stack, number) }
    }
}
