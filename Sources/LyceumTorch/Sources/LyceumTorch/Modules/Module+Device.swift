extension Module {
    /// Where its parameters are; the CPU if it has none.
    public final var device: Device { namedParameters().first?.parameter.tensor.device ?? .cpu }

    /// Puts every parameter and buffer on a device. Gradients and the copies of another compute type are dropped.
    ///
    /// Whoever holds one of these tensors sees it move. An optimizer keeps its moments where the parameters were:
    /// move a network before its training begins.
    ///
    /// - Throws: `LyceumError.unsupported` without CUDA, `TorchError` if the device has not enough memory: what was
    ///   moved until then stays there, so that a second call goes on.
    public final func move(to device: Device) throws {
        dropComputeType()
        for (_, tensor) in state() { try tensor.move(to: device) }
    }
}
