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

    /// The type to compute in on a device of this machine.
    public func computeType(on device: Device) -> DType {
        switch (self, device) {
        case (.fp32, _): return .float32
        case (.bf16, _): return .bfloat16
        case (.auto, .cpu): return Self.hasHardwareBF16 ? .bfloat16 : .float32
        case (.auto, .cuda(let index)): return Torch.hasHardwareBF16(cuda: index) ? .bfloat16 : .float32
        // Nobody knows what an extension is good at.
        case (.auto, .extended): return .float32
        }
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
