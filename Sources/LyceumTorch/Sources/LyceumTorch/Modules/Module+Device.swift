import LyceumKit

extension Module {
    /// Where its parameters are; the CPU if it has none. Looks no further than the first.
    public final var device: Device { firstParameter?.tensor.device ?? .cpu }

    private var firstParameter: Parameter? {
        for (_, element) in elements {
            switch element {
            case .parameter(let parameter): return parameter
            case .module(let module): if let first = module.firstParameter { return first }
            case .buffer: continue
            }
        }
        return nil
    }

    /// Puts every parameter and buffer on a device. Gradients and the copies of another compute type are dropped.
    ///
    /// Whoever holds one of these tensors sees it move. An optimizer keeps its moments where the parameters were:
    /// move a network before its training begins.
    ///
    /// - Throws: `LyceumError.unsupported` without CUDA, or for weights in eight bits; `TorchError` if the device has not enough memory: what was
    ///   moved until then stays there, so that a second call goes on.
    public final func move(to device: Device) throws {
        dropComputeType()
        if device != .cpu, isRounded {
            throw LyceumError.unsupported(
                "this student's weights are kept in eight bits, which need device = 'cpu'",
                remedy: "load the student that it was made of, or save it with precision = 'fp32'")
        }
        for (_, tensor) in state() { try tensor.move(to: device) }
    }
}
