import LyceumKit

/// Where a network shall compute (`device`).
public enum DeviceChoice: String, Sendable, CaseIterable {
    /// The first CUDA device if libtorch can use one, else the CPU.
    case auto
    /// The processor.
    case cpu
    /// The first CUDA device.
    case cuda

    /// The device of this machine that is meant.
    ///
    /// - Throws: `LyceumError.unsupported` if it is CUDA, and there is none: with the reason.
    public func resolve() throws -> Device {
        // Asked for the CPU's sake too: CUDA can only be opened before the first backward pass.
        let hasCUDA = Torch.hasCUDA
        switch self {
        case .cpu: return .cpu
        case .auto: return hasCUDA ? .cuda(0) : .cpu
        case .cuda:
            try Torch.loadCUDA()
            return .cuda(0)
        }
    }

    /// The option of a new student.
    public static let declaration = declaration(default: .auto, "where it computes")

    /// The option of training and generation, which moves a student.
    public static let moving = declaration(default: nil, "moves the student to where it shall compute")

    private static func declaration(default choice: DeviceChoice?, _ doc: String) -> OptionDeclaration {
        .choice(
            "device", allCases.map(\.rawValue), default: choice?.rawValue,
            doc + "; auto takes a CUDA device if there is one")
    }

    /// The choice that options make, nil for none.
    init?(_ options: Options) {
        guard let name = options.optionalString("device") else { return nil }
        self.init(rawValue: name)
    }
}
