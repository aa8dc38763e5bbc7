import CLua
import Synchronization

/// A Swift function that Lua holds.
final class LuaBox {
    /// Runs it: the arguments are the whole stack; returns how many results it pushed.
    let body: (LuaState) throws -> Int
    /// What it is, if it was declared.
    let declared: DeclaredFunction?

    init(_ declared: DeclaredFunction? = nil, body: @escaping (LuaState) throws -> Int) {
        self.declared = declared
        self.body = body
    }
}

/// A declaration under a full name; an object, because calls pass it on and its many fields are dear to copy.
final class DeclaredFunction {
    let function: LuaFunction
    /// "data.load", "dataset:filter".
    let name: String

    init(_ function: LuaFunction, name: String) {
        self.function = function
        self.name = name
    }
}

/// The part of a state that Lua's callbacks see. It outlives the Lua state itself.
final class LuaHost {
    /// The state, which sets this to nil before it goes: each call from Lua reads it, and a weak reference would
    /// cost more than many of these calls.
    unowned(unsafe) var state: LuaState?
    /// Host objects that Lua holds.
    private(set) var liveObjects = 0
    /// Swift functions that Lua holds.
    private(set) var liveFunctions = 0
    private let abandoned = AbandonedReferences()

    /// Gives a claim on an object to Lua.
    func retain(_ object: AnyObject) -> UnsafeMutableRawPointer {
        if object is LuaBox { liveFunctions += 1 } else { liveObjects += 1 }
        return Unmanaged<AnyObject>.passRetained(object).toOpaque()
    }

    /// Takes a claim back from Lua.
    func release(_ pointer: UnsafeMutableRawPointer) {
        let object = Unmanaged<AnyObject>.fromOpaque(pointer).takeRetainedValue()
        if object is LuaBox { liveFunctions -= 1 } else { liveObjects -= 1 }
    }

    /// Notes that Swift has dropped a reference; on any thread.
    func abandon(_ number: Int32) { abandoned.append(number) }

    /// The references that were dropped since the last time.
    func takeAbandoned() -> [Int32] { abandoned.takeAll() }

    /// Runs a Swift function for Lua; the only place where Swift's errors become Lua's.
    func call(_ stack: OpaquePointer, _ box: UnsafeMutableRawPointer) -> Int32 {
        guard let state else {
            // Finalizers of a script run while the state is being closed.
            let text: StaticString = "the Lua state is closing"
            clua_pushstring(stack, text.utf8Start, text.utf8CodeUnitCount)
            return CLUA_RAISE
        }
        let function = Unmanaged<LuaBox>.fromOpaque(box).takeUnretainedValue()
        return state.onStack(stack) {
            do {
                state.dropAbandoned()
                return Int32(clamping: try function.body(state))
            } catch {
                state.pushError(error)
                return CLUA_RAISE
            }
        }
    }

    /// The callbacks for `clua_open`.
    static var callbacks: CLuaCallbacks {
        CLuaCallbacks(
            call: { context, stack, box in
                guard let context, let stack, let box else { return CLUA_RAISE }
                return Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue().call(stack, box)
            },
            release: { context, object in
                guard let context, let object else { return }
                Unmanaged<LuaHost>.fromOpaque(context).takeUnretainedValue().release(object)
            })
    }
}

/// References whose Swift owners are gone, waiting for the thread of the state.
private final class AbandonedReferences: Sendable {
    private let numbers = Mutex<[Int32]>([])
    /// Spares the lock, where nothing waits.
    private let isWaiting = Atomic<Bool>(false)

    func append(_ number: Int32) {
        numbers.withLock { $0.append(number) }
        isWaiting.store(true, ordering: .releasing)
    }

    func takeAll() -> [Int32] {
        guard isWaiting.load(ordering: .acquiring) else { return [] }
        isWaiting.store(false, ordering: .relaxed)
        return numbers.withLock { list in
            defer { list.removeAll() }
            return list
        }
    }
}
