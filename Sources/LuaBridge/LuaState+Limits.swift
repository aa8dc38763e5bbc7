import CLua
import LyceumKit

/// What Lua code may use.
public struct LuaLimits: Sendable {
    /// Bytes of memory; nil means no limit. What Swift holds for Lua is not counted.
    public var memory: Int?
    /// Instructions from one outermost call to its end; nil means no limit. The steps of the standard library's loops
    /// count; what a function written in Swift does, does not.
    public var instructions: Int?
    /// Seconds from one outermost call to its end; nil means no limit. Lua code that goes beyond ends at its next
    /// instruction; a function written in Swift is not interrupted by this.
    public var seconds: Double?

    /// Describes limits.
    public init(memory: Int? = nil, instructions: Int? = nil, seconds: Double? = nil) {
        self.memory = memory
        self.instructions = instructions
        self.seconds = seconds
    }
}

extension LuaState {
    /// Bounds what Lua code may use.
    public func setLimits(_ limits: LuaLimits) {
        self.limits = limits
        let nanoseconds = Int64(exactly: (max(limits.seconds ?? 0, 0) * 1e9).rounded()) ?? Int64.max / 2
        clua_setlimits(
            stack, max(limits.memory ?? 0, 0), Int64(max(limits.instructions ?? 0, 0)),
            min(nanoseconds, Int64.max / 2))
    }
}
