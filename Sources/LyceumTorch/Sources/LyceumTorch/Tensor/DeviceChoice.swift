import LyceumKit

/// Where a network shall compute (`device`).
public enum DeviceChoice: String, SettingChoice {
    /// The first CUDA device if libtorch can use one, else the CPU.
    case auto
    /// The processor.
    case cpu
    /// The first CUDA device; of several ranks on a machine each takes its own.
    case cuda

    /// The device of this machine that is meant.
    ///
    /// - Throws: `LyceumError.unsupported` if it is CUDA, and there is none: with the reason.
    public func resolve() throws -> Device {
        // Asked for the CPU's sake too: CUDA can only be opened before the first backward pass.
        let hasCUDA = CUDA.isAvailable
        switch self {
        case .cpu: return .cpu
        case .auto: return hasCUDA ? .cuda(CUDA.deviceOfRank) : .cpu
        case .cuda:
            try CUDA.load()
            return .cuda(CUDA.deviceOfRank)
        }
    }

    /// The name of the option that chooses it.
    static var option: String { "device" }
    /// What that option is for a new student.
    static var doc: String { "where it computes; auto takes a CUDA device if there is one" }
    /// What that option is for training and generation, which move a student.
    static var movingDoc: String {
        "moves the student to where it shall compute; auto takes a CUDA device if there is one"
    }
}
