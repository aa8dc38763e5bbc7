internal import CTorch

/// Settings of the whole process.
public enum Torch {
    /// Seeds the random number generators of all devices.
    public static func manualSeed(_ seed: UInt64) throws {
        try TorchError.check(ctorch_manual_seed(seed), "manualSeed")
    }

    /// The CPU generator's whole state (a uint8 tensor), for a checkpoint; `restore` goes on from it.
    public static func rngState() throws -> Tensor {
        var state: OpaquePointer?
        try TorchError.check(ctorch_rng_state(&state), "rngState")
        guard let state else { throw TorchError.last("rngState") }
        return try Tensor(owning: state)
    }

    /// Puts the CPU generator into a state that `rngState` gave.
    public static func restore(rngState: Tensor) throws {
        try TorchError.check(ctorch_set_rng_state(rngState.handle), "restore(rngState:)", [rngState])
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

    /// Whether CUDA operators are loaded and a device is there.
    public static var hasCUDA: Bool { ctorch_has_cuda() }

    /// Loads libtorch_cuda.so from beside libtorch_cpu.so; nothing happens the second time.
    ///
    /// - Throws: `TorchError.invalid` where libtorch has no CUDA part or the machine has no device.
    public static func loadCUDA() throws {
        if let failure = cudaFailure { throw failure }
    }

    private static let cudaFailure: TorchError? = {
        if ctorch_load_cuda() != CTORCH_OK {
            return .invalid(
                "CUDA is not available: \(String(cString: ctorch_last_error())); "
                    + "point LIBTORCH at a PyTorch with CUDA and build again")
        }
        return ctorch_has_cuda() ? nil : .invalid("CUDA is not available: libtorch finds no device")
    }()
}
