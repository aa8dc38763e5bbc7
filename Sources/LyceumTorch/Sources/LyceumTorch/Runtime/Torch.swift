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

    /// How many threads one operator may use.
    public static var threads: Int { Int(ctorch_threads()) }

    /// Sets how many threads one operator may use.
    public static func setThreads(_ count: Int) throws {
        guard let count = Int32(exactly: count) else {
            throw TorchError.invalid("setThreads: \(count) is not a sensible number of threads")
        }
        try TorchError.check(ctorch_set_threads(count), "setThreads")
    }
}
