internal import CTorch

/// Where a tensor's elements are.
public enum Device: Sendable, Hashable {
    case cpu
    /// A CUDA device, by index from 0.
    case cuda(Int)
    /// Nowhere: tensors that have a shape and no elements, to run a network for its shapes alone.
    case meta

    /// c10::DeviceType and index; only CUDA devices have an index.
    var code: (type: Int64, index: Int64) {
        switch self {
        case .cpu: (0, -1)
        case .cuda(let index): (1, Int64(index))
        case .meta: (14, -1)
        }
    }

    init?(type: Int32, index: Int32) {
        switch type {
        case 0: self = .cpu
        case 1: self = .cuda(Int(index))
        case 14: self = .meta
        default: return nil
        }
    }

    /// Makes the device usable: for CUDA, opens libtorch_cuda.so on first use.
    func prepare() throws {
        guard case .cuda = self else { return }
        try Torch.loadCUDA()
    }
}

extension Device: CustomStringConvertible {
    /// PyTorch's spelling: "cpu", "cuda:0".
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .meta: "meta"
        }
    }
}
