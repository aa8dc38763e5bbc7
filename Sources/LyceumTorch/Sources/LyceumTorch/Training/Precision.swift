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
            return Torch.hasHardwareBF16(cuda: index) ? .bfloat16 : .float32
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
    private let parameters: [Parameter]
    /// What linear maps multiply with.
    private let multiplied: [Parameter]

    init(_ network: Module) {
        parameters = network.namedParameters().map(\.parameter)
        multiplied = network.modules().compactMap { ($0 as? Linear)?.weight ?? ($0 as? Embedding)?.weight }
    }

    /// Lets the passes to come compute as `precision` says.
    ///
    /// - Throws: `LyceumError.unsupported` for int8 where there are no instructions for it.
    func set(_ precision: Precision) throws {
        let device = parameters.first?.tensor.device ?? .cpu
        if precision == .int8, device != .cpu || !Tensor.hasDecoderKernels {
            throw LyceumError.unsupported(
                "precision = 'int8' needs a processor with AVX-512 and VNNI"
                    + (device == .cpu ? "" : ", and device = 'cpu'"),
                remedy: "use precision = 'bf16'")
        }
        let dtype = precision.computeType(on: device)
        for parameter in parameters { try parameter.setComputeType(dtype) }
        if precision == .int8 { for parameter in multiplied { try parameter.quantise() } }
    }

    /// Goes back to float32.
    func drop() { for parameter in parameters { parameter.dropComputeType() } }
}
