internal import CTorch

/// Where a tensor's elements are.
public enum Device: Sendable, Hashable {
    case cpu
    /// A CUDA device, by index from 0.
    case cuda(Int)
    /// A device that an extension of libtorch brings (its "PrivateUse1"), by index from 0.
    case extended(Int)

    /// c10::DeviceType and index; the CPU has no index.
    var code: (type: Int64, index: Int64) {
        switch self {
        case .cpu: (0, -1)
        case .cuda(let index): (1, Int64(index))
        case .extended(let index): (20, Int64(index))
        }
    }

    init?(type: Int32, index: Int32) {
        switch type {
        case 0: self = .cpu
        case 1: self = .cuda(Int(index))
        case 20: self = .extended(Int(index))
        default: return nil
        }
    }

    /// Makes the device usable: for CUDA, opens libtorch_cuda.so on first use.
    func prepare() throws {
        guard case .cuda = self else { return }
        try CUDA.load()
    }
}

extension Device: CustomStringConvertible {
    /// PyTorch's spelling: "cpu", "cuda:0".
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .extended(let index): "extended:\(index)"
        }
    }
}
