import LuaBridge
import LyceumKit
import LyceumTorch
import Testing

/// A libtorch error on its way through Lua: C++ exception, Swift error, Lua error, in that order, none of them
/// crossing a frame of another language.
@Suite struct TorchErrorTests {
    /// Every place to raise in: `%` stands for the call.
    static let places = [
        "%",
        "local ok, e = pcall(function() local ok, e = pcall(function() % end) error(e, 0) end) error(e, 0)",
        "local f = coroutine.wrap(function() coroutine.yield(1) % end) f() f()",
        "local co = coroutine.create(function() % end) local _, e = coroutine.resume(co) error(e, 0)",
        "local t = setmetatable({}, { __index = function() % end }) return t.x",
        "local t = setmetatable({}, { __add = function() % end }) return t + 1",
        "table.sort({3, 2, 1}, function() % end)",
    ]

    @Test("shapes that do not match come back as a Lua error with operator and shapes", arguments: places)
    func mismatch(place: String) throws {
        // Not the count of all tensors: students are trained by other tests of this process meanwhile.
        let made = MadeTensors()
        do {
            let state = try LuaState()
            try state.register(
                LuaFunction(name: "mismatch", summary: "Multiplies what cannot be multiplied.") { _ in
                    let a = made.watch(try Tensor.zeros([2, 3]))
                    let b = made.watch(try Tensor.zeros([4, 5]))
                    return [.number(try a.matmul(b).sum().item())]
                })
            let error = try #require(throws: LuaError.self) {
                try state.run(place.replacing("%", with: "do mismatch() end"))
            }
            #expect(error.message.contains("matmul"), "\(error.message)")
            #expect(error.message.contains("[2, 3]") && error.message.contains("[4, 5]"), "\(error.message)")
            #expect(error.underlying is TorchError)
            #expect(error.traceback?.contains("stack traceback") == true)
            #expect(try state.run("return 1 + 1").first?.integer == 2)
            state.collectGarbage()
            #expect(state.liveObjects == 0)
        }
        #expect(made.count > 0 && made.living == 0, "a tensor leaked")
    }
}

/// Watches tensors without keeping them.
private final class MadeTensors {
    private struct Watched { weak var tensor: Tensor? }
    private var watched: [Watched] = []

    var count: Int { watched.count }
    var living: Int { watched.count { $0.tensor != nil } }

    func watch(_ tensor: Tensor) -> Tensor {
        watched.append(Watched(tensor: tensor))
        return tensor
    }
}
