import LyceumKit
import Testing

@testable import LuaBridge

/// A host object that says how large it is, and can be closed.
private final class Block {
    nonisolated(unsafe) static var living = 0
    nonisolated(unsafe) static var most = 0
    let size: Int

    init(_ size: Int) {
        self.size = size
        Self.living += 1
        Self.most = max(Self.most, Self.living)
    }

    deinit { Self.living -= 1 }
}

extension BridgeTests {
    /// Memory that Swift holds for Lua.
    @Suite struct ClosingTests {
        private func state() throws -> LuaState {
            let state = try makeState()
            try state.register(
                LuaType(
                    Block.self, name: "block", summary: "Much memory.",
                    methods: [
                        .closing("block", remedy: "make it again", example: ""),
                        LuaFunction(name: "size", summary: "Its size.") { call in
                            [.integer(try call.receiver(Block.self).size)]
                        },
                    ],
                    properties: [
                        LuaProperty("label", "its label") { (block: Block) in .integer(block.size) }
                    ],
                    call: LuaFunction(name: "call", summary: "Answers.") { _ in [1] },
                    length: { $0.size }, byteCount: \.size))
            try state.setGlobal(
                "block",
                state.makeFunction(name: "block") { arguments in
                    [.object(Block(arguments.first?.integer ?? 0))]
                })
            Block.most = Block.living
            return state
        }

        @Test("a loop that makes large objects stays near one")
        func loop() throws {
            let state = try state()
            let before = Block.living
            try state.run("for i = 1, 1000 do block(100 << 20) end")
            #expect(Block.most - before <= 2)
            try state.run("for i = 1, 1000 do local b = block(100 << 20) b:size() end")
            #expect(Block.most - before <= 3)
            // Small ones are left to Lua's own pace, and so is everything that is still in use.
            try state.run("kept = {} for i = 1, 50 do kept[i] = block(100 << 20) end")
            #expect(
                try state.run("local n = 0 for _, b in ipairs(kept) do n = n + b:size() end return n").first?
                    .integer
                    == 50 * (100 << 20))
        }

        @Test("close frees at once, and later use is an error that says so")
        func close() throws {
            let state = try state()
            let before = Block.living
            try state.run("b = block(7) b:close()")
            #expect(Block.living == before)
            for code in ["b:size()", "return b.label", "return #b", "b()", "b:close()", "return b.x"] {
                let error = try #require(throws: LuaError.self) { try state.run(code) }
                #expect(error.message.contains("this block was closed"), "\(code): \(error.message)")
            }
            #expect(try state.run("return tostring(b)").first?.string == "block (closed)")
            let error = try #require(throws: LuaError.self) { try state.run("probes.make(b)") }
            #expect(error.message.contains("got a closed block"), "\(error.message)")
            // A new object at the same address is another one.
            #expect(try state.run("c = block(8) return c:size(), c ~= b").first?.integer == 8)
        }

        @Test("a variable with <close> closes")
        func scoped() throws {
            let state = try state()
            let before = Block.living
            try state.run("do local b <close> = block(7) end do local b <close> = block(7) b:close() end")
            #expect(Block.living == before)
            #expect(throws: LuaError.self) { try state.run("local b <close> = block(7) error('x')") }
            #expect(Block.living == before)
        }
    }
}
