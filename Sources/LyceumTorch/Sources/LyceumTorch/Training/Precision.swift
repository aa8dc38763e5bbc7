import Glibc
import LyceumKit

/// The number format that matrices are multiplied in (`precision`). Weights are kept in float32 either way.
public enum Precision: String, SettingChoice {
    /// bf16 where the device multiplies it in hardware, else fp32.
    case auto
    /// 32-bit floats.
    case fp32
    /// Brain floats of 16 bits: the range of fp32 with 8 bits of precision.
    case bf16
    /// Weights of linear maps in eight bits, everything else as `auto`; for writing texts only.
    case int8

    /// The type to compute in on a device of this machine.
    public func computeType(on device: Device) -> DType {
        switch (self, device) {
        case (.fp32, _): return .float32
        case (.bf16, _): return .bfloat16
        case (.auto, .cpu), (.int8, .cpu): return Self.hasHardwareBF16 ? .bfloat16 : .float32
        case (.auto, .cuda(let index)), (.int8, .cuda(let index)):
            return CUDA.hasHardwareBF16(index) ? .bfloat16 : .float32
        // Nobody knows what an extension is good at.
        case (.auto, .extended), (.int8, .extended): return .float32
        }
    }

    /// What `auto` is on a device.
    func resolved(on device: Device) -> Precision {
        guard self == .auto else { return self }
        return computeType(on: device) == .bfloat16 ? .bf16 : .fp32
    }

    /// The name of the option that chooses it.
    static var option: String { "precision" }
    /// What that option is, for help.
    static var doc: String { "number format of matrix products; auto takes bf16 where the device has it" }

    /// Whether the processor has instructions that multiply bf16 matrices.
    static let hasHardwareBF16: Bool = {
        guard let bytes = try? Files.read("/proc/cpuinfo") else { return false }
        let words = Set(String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace))
        return words.contains("avx512_bf16") || words.contains("amx_bf16") || words.contains("bf16")
    }()
}

extension [OptionDeclaration] {
    /// `precision` without int8, which is for writing texts.
    var withoutInt8: [OptionDeclaration] {
        choosing(Precision.option, among: Precision.allCases.filter { $0 != .int8 }.map(\.rawValue))
    }
}

/// Switches a network between precisions for passes without gradients; walks the network once.
struct PrecisionSwitch {
    private let rounded: [Parameter]
    /// Those that stay as they are in int8.
    private let others: [Parameter]
    /// Whether the weights are kept in eight bits; generation then has no other precision.
    private let isRounded: Bool

    init(_ network: Module) {
        rounded = network.roundableWeights().filter { $0.tensor.rank == 2 }
        let known = Set(rounded.map(ObjectIdentifier.init))
        others = network.namedParameters().map(\.parameter).filter {
            !known.contains(ObjectIdentifier($0))
        }
        isRounded = rounded.contains(where: \.isRounded)
    }

    private var device: Device { (others.first ?? rounded.first)?.tensor.device ?? .cpu }

    /// What `auto` is for this network, and whether it can compute as asked for.
    ///
    /// - Throws: `LyceumError.unsupported` for int8 where there are no instructions for it, and for everything else where
    ///   the weights are in eight bits.
    func resolved(_ precision: Precision) throws -> Precision {
        if isRounded {
            guard precision == .auto || precision == .int8 else {
                throw LyceumError.unsupported(
                    "this student's weights are kept in eight bits; it has none for precision = '\(precision.rawValue)'",
                    remedy: "leave precision out, or load the student that it was made of")
            }
            return .int8
        }
        if precision == .int8, device != .cpu || !Tensor.hasDecoderKernels {
            throw LyceumError.unsupported(
                "precision = 'int8' needs a processor with AVX-512 and VNNI"
                    + (device == .cpu ? "" : ", and device = 'cpu'"),
                remedy: "use precision = 'bf16'")
        }
        return precision.resolved(on: device)
    }

    /// Lets the passes to come compute as `precision` says.
    ///
    /// - Throws: as `resolved`.
    func set(_ precision: Precision) throws {
        let precision = try resolved(precision)
        let dtype = precision.computeType(on: device)
        for parameter in others { try parameter.setComputeType(dtype) }
        for parameter in rounded {
            if precision == .int8 {
                try parameter.quantise(dtype)
            } else {
                try parameter.setComputeType(dtype)
            }
        }
    }

    /// Goes back to float32.
    func drop() { for parameter in rounded + others { parameter.dropComputeType() } }
}
