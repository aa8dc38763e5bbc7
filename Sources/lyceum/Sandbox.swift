import Console
import Glibc
import LuaBridge
import LyceumKit
import Teaching

/// What `lyceum run --sandbox` puts around a script.
struct Sandbox {
    /// Where it may write; nil is nowhere.
    let folder: String?
    /// What its Lua code may use.
    let limits: LuaLimits
    /// When it ends at the latest, in seconds; 0 is never.
    let seconds: Int
    /// The servers besides the providers' own that it may talk to.
    let hosts: [String]

    /// What the process may allocate, as a multiple of what Lua may: datasets and students live outside Lua.
    private static let processShare = 8

    /// Closes the sandbox; before the script runs.
    func close(around state: LuaState) throws {
        Files.restrictWriting(to: try folder.map(WritePermission.below(folder:)) ?? .nowhere)
        NetworkPolicy.restrict(to: hosts)
        Files.hideProcesses()
        try state.removeUnsafeLibraries()
        state.setLimits(limits)
        if let memory = limits.memory {
            // The last line of defence: beyond it the process dies, not the machine.
            var bound = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &bound)
            let wanted = rlim_t(memory).multipliedReportingOverflow(by: rlim_t(Self.processShare))
            if !wanted.overflow { bound.rlim_cur = min(wanted.partialValue, bound.rlim_max) }
            setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &bound)
        }
        if seconds > 0 { Self.end(after: UInt32(clamping: seconds)) }
    }

    /// Seconds that work outside of Lua has to stop, and to keep what it has.
    private static let grace: UInt32 = 10

    /// Ends the process in time. Lua code ends by its own limit; what is written in Swift is asked to stop, and at last
    /// the process goes.
    private static func end(after seconds: UInt32) {
        Interrupt.prepare()
        signal(SIGALRM) { _ in
            if Interrupt.isRaised { _exit(1) }
            let text: StaticString = "lyceum: the sandbox's time is over\n"
            _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
            Interrupt.raise()
            alarm(Sandbox.grace)
        }
        alarm(seconds)
    }
}
