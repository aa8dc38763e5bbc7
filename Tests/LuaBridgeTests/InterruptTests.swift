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
            // `later()` interrupts when the code has run for a moment, from a signal handler as Ctrl-C does.
            try state.setGlobal(
                "later",
                state.makeFunction(name: "later") { [unowned state] _ in
                    Alarm.ring(for: state)
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
                // No instruction follows.
                "return poke()", "return pcall(function() poke() while true do end end)",
                "return select(2, pcall(poke))",
                "return coroutine.resume(coroutine.create(function() poke() while true do end end))",
                "return probes.each(function() pcall(poke) end)",
                "later() return xpcall(function() while true do end end, print)",
                "later() setmetatable({}, { __gc = function() while true do end end }) return collectgarbage()",
            ])
        func interrupted(code: String) throws { try check(code) }

        /// Each runs for hours, or for ever, in one function of the standard library.
        @Test(
            "the standard library's own loops are interrupted",
            arguments: [
                "later() string.find(('a'):rep(60), ('a*'):rep(30) .. 'b')",
                "later() return ('('):rep(3e6):find('%b()')",
                "later() for _ in string.gmatch(('a'):rep(60), ('a*'):rep(30) .. 'b') do end",
                "later() string.gsub(('a'):rep(60), ('a-'):rep(30) .. 'b', '')",
                "later() table.move({}, 1, math.maxinteger - 1, 2)",
                "later() table.concat(setmetatable({}, { __index = table.concat }), '', 1, math.maxinteger)",
                "later() table.insert(setmetatable({}, { __len = function() return 1e18 // 1 | 0 end }), 1, 1)",
                "later() table.remove(setmetatable({}, { __len = function() return 1e18 // 1 | 0 end }), 1)",
                "later() table.sort(setmetatable({}, { __len = function() return 2000000000 end }), rawequal)",
                "local n = 0 later() load(string.gmatch((' '):rep(2e8), '.')) while true do end",
                "later() xpcall(error, function() while true do end end)",
                "later() xpcall(function() while true do end end, function() while true do end end)",
                "later() setmetatable({}, { __gc = function() while true do end end }) collectgarbage() while true do end",
                "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() "
                    + "while true do end end }) coroutine.yield() end) coroutine.resume(co) later() coroutine.close(co)",
                "later() io.open('/dev/zero'):read('a')", "later() io.open('/dev/zero'):read('l')",
                "later() local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t pcall(error) end",
            ])
        func libraries(code: String) throws {
            let begun = ContinuousClock.now
            try check(code)
            // The bound is a second; a busy machine gets more.
            #expect(ContinuousClock.now - begun < .seconds(20))
        }

        private func check(_ code: String) throws {
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

/// Interrupts a state from a signal handler.
private enum Alarm {
    nonisolated(unsafe) private static weak var state: LuaState?

    /// On this thread, when it has worked for a while.
    static func ring(for state: LuaState) {
        self.state = state
        signal(SIGUSR2) { _ in Alarm.state?.interrupt() }
        // The worker threads of tests block signals.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR2)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        let thread = pthread_self()
        var other = pthread_t()
        let target = UnsafeMutablePointer<pthread_t>.allocate(capacity: 1)
        target.initialize(to: thread)
        pthread_create(
            &other, nil,
            { target in
                guard let target = target?.assumingMemoryBound(to: pthread_t.self) else { return nil }
                var clock = clockid_t()
                pthread_getcpuclockid(target.pointee, &clock)
                func worked() -> Double {
                    var time = timespec()
                    clock_gettime(clock, &time)
                    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
                }
                let begun = worked()
                while worked() < begun + 0.1 { usleep(1000) }
                pthread_kill(target.pointee, SIGUSR2)
                target.deallocate()
                return nil
            }, target)
        pthread_detach(other)
    }
}
