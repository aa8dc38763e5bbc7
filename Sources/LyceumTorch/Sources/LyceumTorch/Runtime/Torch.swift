internal import CTorch

/// Settings of the whole process.
public enum Torch {
    /// Seeds the random number generators of all devices.
    public static func manualSeed(_ seed: UInt64) throws {
        try TorchError.check(ctorch_manual_seed(seed), "manualSeed")
    }

    /// The whole state of a device's generator (a uint8 tensor), for a checkpoint; `restore` goes on from it.
    public static func rngState(of device: Device = .cpu) throws -> Tensor {
        try device.prepare()
        var state: OpaquePointer?
        let (type, index) = device.code
        try TorchError.check(ctorch_rng_state(Int32(type), Int32(index), &state), "rngState")
        guard let state else { throw TorchError.last("rngState") }
        return try Tensor(owning: state)
    }

    /// Puts a device's generator into a state that `rngState` gave.
    public static func restore(rngState: Tensor, of device: Device = .cpu) throws {
        try device.prepare()
        let (type, index) = device.code
        try TorchError.check(
            ctorch_set_rng_state(Int32(type), Int32(index), rngState.handle), "restore(rngState:)", [rngState]
        )
    }

    /// Whether there is a CUDA device and libtorch can use it; opens libtorch's CUDA part on first use.
    ///
    /// libtorch counts its devices at the first backward pass: ask before it.
    public static var hasCUDA: Bool { CUDA.isAvailable }

    /// Opens libtorch_cuda.so from next to libtorch_cpu.so, or from `LIBTORCH`; nothing happens the second time.
    ///
    /// - Throws: `LyceumError.unsupported` without an NVIDIA driver, a device, or libtorch's CUDA part.
    public static func loadCUDA() throws { try CUDA.load() }

    /// Runs something that allocates the same memory again and again, which is then kept until it ends.
    static func keepingMemory<Result>(_ body: () throws -> Result) throws -> Result {
        let memory = try KeptMemory()
        return try withExtendedLifetime(memory) { try body() }
    }

    /// How many threads one operator may use.
    public static var threads: Int { Int(ctorch_threads()) }

    /// Sets how many threads one operator may use.
    public static func setThreads(_ count: Int) throws {
        guard let count = Int32(exactly: count) else {
            throw TorchError.invalid("setThreads: \(count) is not a sensible number of threads")
        }
        try TorchError.check(ctorch_set_threads(count), "setThreads")
    }

    /// A key drawn from libtorch's generator, for layers that no run has given a source.
    static func drawnKey() throws -> UInt64 {
        UInt64(bitPattern: Int64(try Tensor.randint(0, Int.max, [1]).integers()[0]))
    }
}

/// As long as it lives, memory of tensors is kept when they are freed, and used again.
final class KeptMemory {
    init() throws { try TorchError.check(ctorch_keep_memory(true), "keepMemory") }
    deinit { _ = ctorch_keep_memory(false) }
}
