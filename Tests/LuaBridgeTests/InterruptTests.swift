import Glibc
import LyceumKit
import Testing

@testable import LuaBridge

extension BridgeTests {
    /// Interrupts stop Lua wherever it is, and the state works on afterwards.
    @Suite struct InterruptTests {
        /// A state with `poke()`, which interrupts it as a signal would.
        private func interruptible() throws -> LuaState {
            let state = try makeState()
            try state.setGlobal(
                "poke",
                state.makeFunction(name: "poke") { [unowned state] _ in
                    state.interrupt()
                    return []
                })
            return state
        }

        @Test(
            "running code is interrupted",
            arguments: [
                "poke() while true do end",
                "poke() while true do pcall(function() while true do end end) end",
                "coroutine.wrap(function() poke() while true do end end)()",
                "local co = coroutine.create(function() poke() while true do end end) "
                    + "while true do coroutine.resume(co) end",
                "local co = coroutine.wrap(function() while true do coroutine.yield() end end) poke() while true do co() end",
                "probes.each(function() poke() while true do end end)",
                "setmetatable({}, { __index = function() poke() while true do end end }).x = nil; "
                    + "return setmetatable({}, { __index = function() poke() while true do end end }).x",
                "poke() string.gsub(string.rep('a', 1e6), 'a', function() while true do end end)",
            ])
        func interrupted(code: String) throws {
            let state = try interruptible()
            let error = try #require(throws: LuaError.self) { try state.run(code) }
            #expect(error.isInterrupt)
            #expect(error.message.hasSuffix("interrupted"))
            #expect(
                try state.run("local n = 0; for i = 1, 1000 do n = n + i end; return n").first?.integer
                    == 500_500)
            #expect(try state.run("return coroutine.wrap(function() return 5 end)()").first?.integer == 5)
        }

        @Test("a coroutine that was suspended during the interrupt can go on")
        func suspended() throws {
            let state = try interruptible()
            try state.run("co = coroutine.wrap(function() while true do coroutine.yield(7) end end) co()")
            #expect(throws: LuaError.self) { try state.run("poke() while true do end") }
            #expect(try state.run("return co()").first?.integer == 7)
        }

        @Test("cancelled Swift work counts as an interrupt")
        func cancelled() throws {
            let state = try LuaState()
            try state.setGlobal(
                "work", state.makeFunction(name: "work") { _ in throw LyceumError.cancelled("3 rows kept") })
            let error = try #require(throws: LuaError.self) { try state.run("work()") }
            #expect(error.isInterrupt)
            #expect(error.message == "chunk:1: interrupted: 3 rows kept")
        }

        @Test("a signal interrupts Lua code and raises the flag for Swift work")
        func signal() throws {
            let state = try makeState()
            state.catchInterrupts()
            // The main thread of the program receives signals; the worker threads of tests block them.
            var signals = sigset_t()
            var before = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGINT)
            pthread_sigmask(SIG_UNBLOCK, &signals, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            try state.setGlobal(
                "kill",
                state.makeFunction(name: "kill") { _ in
                    pthread_kill(pthread_self(), SIGINT)
                    return [.boolean(Interrupt.isRaised)]
                })
            let error = try #require(throws: LuaError.self) {
                try state.run("raised = kill() while true do end")
            }
            #expect(error.isInterrupt)
            #expect(try state.run("return 4").first?.integer == 4)
            #expect(!Interrupt.isRaised)
        }
    }
}
